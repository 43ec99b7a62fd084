"""What an export calls things, in both languages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xacthuc.policy.sections import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "title": Text(en="Everything that is held on one account", vi="Toàn bộ dữ liệu lưu giữ về một tài khoản"),
        "empty": Text(en="Nothing is held of these", vi="Không lưu giữ dữ liệu nào về"),
        "kept": Text(en="What is kept, for how long and why", vi="Dữ liệu được lưu bao lâu và vì sao"),
        "left_out": Text(en="What is not in this document", vi="Dữ liệu không có trong tài liệu này"),
        "more": Text(en="and {} older ones", vi="và {} mục cũ hơn"),
    }
)

COLUMNS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "platform": Text(en="platform", vi="Nền tảng"),
        "account": Text(en="account", vi="Tài khoản"),
        "make_time": Text(en="made", vi="Thời điểm lập"),
        "full_name": Text(en="full name", vi="Họ và tên"),
        "birth_date": Text(en="birth date", vi="Ngày sinh"),
        "kind": Text(en="kind", vi="Loại"),
        "life": Text(en="state", vi="Tình trạng"),
        "create_time": Text(en="created", vi="Thời điểm tạo"),
        "update_time": Text(en="last changed", vi="Thay đổi lần cuối"),
        "close_time": Text(en="ended", vi="Thời điểm kết thúc"),
        "purge_time": Text(en="to be destroyed", vi="Thời điểm xóa"),
        "transition_until": Text(en="grace until", vi="Được chuyển tiếp đến"),
        "transition_before": Text(
            en="grace until, before it was ended", vi="Được chuyển tiếp đến, trước khi bị chấm dứt"
        ),
        "transition_basis": Text(en="basis of the grace", vi="Căn cứ chuyển tiếp"),
        "number": Text(en="number", vi="Số"),
        "full_name_match": Text(en="full name agrees", vi="Đối chiếu họ tên"),
        "birth_date_match": Text(en="birth date agrees", vi="Đối chiếu ngày sinh"),
        "personal_id_match": Text(en="personal ID agrees", vi="Đối chiếu số định danh"),
        "subscriber_full_name_match": Text(en="operator agrees on full name", vi="Thuê bao tại nhà mạng: họ tên"),
        "subscriber_birth_date_match": Text(en="operator agrees on birth date", vi="Thuê bao tại nhà mạng: ngày sinh"),
        "subscriber_personal_id_match": Text(
            en="operator agrees on personal ID", vi="Thuê bao tại nhà mạng: số định danh"
        ),
        "identity_full_name_match": Text(
            en="confirmed identity agrees on full name", vi="Định danh đã xác nhận: họ tên"
        ),
        "identity_birth_date_match": Text(
            en="confirmed identity agrees on birth date", vi="Định danh đã xác nhận: ngày sinh"
        ),
        "identity_personal_id_match": Text(
            en="confirmed identity agrees on personal ID", vi="Định danh đã xác nhận: số định danh"
        ),
        "observe_time": Text(en="true as of", vi="Thời điểm ghi nhận"),
        "action": Text(en="led to", vi="Xử lý"),
        "applied": Text(en="took effect", vi="Đã áp dụng"),
        "source": Text(en="proven by", vi="Nguồn xác thực"),
        "level": Text(en="level", vi="Mức độ"),
        "transaction_id": Text(en="their transaction", vi="Mã giao dịch của bên xác thực"),
        "of_age": Text(en="old enough to answer", vi="Đủ tuổi giám hộ"),
        "verify_time": Text(en="proven", vi="Thời điểm xác thực"),
        "lapse_time": Text(en="stands no longer since", vi="Hết hiệu lực từ"),
        "lapse_reason": Text(en="because", vi="Lý do hết hiệu lực"),
        "text_version": Text(en="version of the text", vi="Phiên bản nội dung"),
        "accept_time": Text(en="agreed", vi="Thời điểm đồng ý"),
        "record_time": Text(en="recorded", vi="Thời điểm ghi nhận"),
        "move_time": Text(en="moved", vi="Thời điểm chuyển"),
        "redeem_time": Text(en="used", vi="Thời điểm dùng"),
        "provider": Text(en="provider", vi="Bên cung cấp"),
        "expire_time": Text(en="ends", vi="Hết hạn"),
        "basis": Text(en="basis", vi="Căn cứ"),
        "lift_time": Text(en="lifted", vi="Thời điểm mở khóa"),
        "lift_basis": Text(en="basis of lifting", vi="Căn cứ mở khóa"),
        "bound_to": Text(en="follows the lock of", vi="Theo khóa của tài khoản"),
        "authority": Text(en="authority", vi="Cơ quan"),
        "order_number": Text(en="document number", vi="Số văn bản"),
        "national_security": Text(en="national security", vi="An ninh quốc gia"),
        "violate_time": Text(en="violated", vi="Thời điểm vi phạm"),
        "withdraw_time": Text(en="withdrawn", vi="Thời điểm rút"),
        "withdraw_basis": Text(en="basis of withdrawing", vi="Căn cứ rút"),
        "relation": Text(en="relation", vi="Quan hệ"),
        "start_time": Text(en="since", vi="Từ"),
        "link": Text(en="link", vi="Liên kết"),
        "child": Text(en="account of the child", vi="Tài khoản của trẻ em"),
        "suspended": Text(en="suspended", vi="Tạm dừng"),
        "actions": Text(en="allowed", vi="Được phép"),
        "quiet_from": Text(en="quiet from (minute)", vi="Giờ yên tĩnh từ (phút)"),
        "quiet_to": Text(en="quiet to (minute)", vi="Giờ yên tĩnh đến (phút)"),
        "cause": Text(en="cause", vi="Lý do"),
        "want_time": Text(en="wanted", vi="Yêu cầu từ"),
        "seal_time": Text(en="sealed apart", vi="Niêm phong riêng"),
        "key_time": Text(en="key destroyed", vi="Hủy khóa mã hóa"),
        "end_time": Text(en="destroyed", vi="Đã xóa"),
        "complete_time": Text(en="complete", vi="Hoàn tất"),
        "method": Text(en="call", vi="Lệnh"),
        "time": Text(en="time", vi="Thời điểm"),
        "ip_address": Text(en="address", vi="Địa chỉ IP"),
        "source_port": Text(en="source port", vi="Cổng nguồn"),
        "content_id": Text(en="id of what was published", vi="Mã nội dung đăng tải"),
        "tag": Text(en="what", vi="Việc đã làm"),
        "actor": Text(en="by whom", vi="Người thực hiện"),
        "demand": Text(en="demand", vi="Yêu cầu"),
        "elsewhere": Text(en="others have to act, too", vi="Cần bên khác thực hiện"),
        "receive_time": Text(en="received", vi="Thời điểm nhận"),
        "acknowledge_due_time": Text(en="to be acknowledged", vi="Hạn phản hồi"),
        "acknowledge_time": Text(en="acknowledged", vi="Đã phản hồi"),
        "due_time": Text(en="due", vi="Hạn thực hiện"),
        "extend_time": Text(en="extended", vi="Gia hạn"),
        "extend_reason": Text(en="why extended", vi="Lý do gia hạn"),
        "refusal_basis": Text(en="basis of the refusal", vi="Căn cứ từ chối"),
        "data": Text(en="data", vi="Loại dữ liệu"),
        "kept": Text(en="kept for", vi="Thời hạn lưu"),
        "legal_basis": Text(en="legal basis", vi="Căn cứ pháp lý"),
        "until": Text(en="until", vi="Đến"),
        "table": Text(en="table", vi="Bảng"),
        "reason": Text(en="reason", vi="Lý do"),
    }
)

VALUES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "ACCOUNT": Text(en="an account that ended", vi="tài khoản đã kết thúc"),
        "LAPSED_EVIDENCE": Text(en="numbers that stand no longer", vi="số đã hết hiệu lực"),
        "ENDED_LOCK": Text(en="ended locks", vi="khóa đã kết thúc"),
        "VIOLATION": Text(en="violations", vi="vi phạm"),
        "LOCK_IDENTITY": Text(en="whom a lock bound", vi="danh tính bị khóa"),
        "PROOF": Text(en="used proofs", vi="mã xác thực đã dùng"),
        "NUMBER_MOVE": Text(en="numbers that moved", vi="số chuyển chủ"),
        "REQUEST": Text(en="calls", vi="yêu cầu của nền tảng"),
        "IMPORT_BATCH": Text(en="batches of an import", vi="đợt nhập dữ liệu"),
        "SIGN_IN": Text(en="sign-ins", vi="định danh điện tử"),
        "JOB_ATTEMPT": Text(en="jobs", vi="công việc tự động"),
        "EVENT": Text(en="events", vi="sự kiện"),
        "WEBHOOK_DELIVERY": Text(en="sent events", vi="sự kiện đã gửi"),
        "AUDIT": Text(en="audit trail", vi="nhật ký"),
        "APPROVAL": Text(en="approvals", vi="phê duyệt"),
        "HOLD": Text(en="holds", vi="lệnh lưu giữ"),
        "SUBJECT_REQUEST": Text(en="demands", vi="yêu cầu của chủ thể dữ liệu"),
        "BREACH": Text(en="breaches", vi="vi phạm dữ liệu"),
        "SESSION": Text(en="log-ins", vi="nhật ký đăng nhập"),
        "HELD_SESSION": Text(en="log-ins kept for longer", vi="nhật ký đăng nhập được lưu giữ thêm"),
        "CASE": Text(en="orders and complaints", vi="lệnh và khiếu nại"),
        "RELEASE": Text(en="releases to authorities", vi="việc cung cấp cho cơ quan có thẩm quyền"),
        "RELEASE_DOCUMENT": Text(en="documents for authorities", vi="tài liệu cung cấp cho cơ quan có thẩm quyền"),
        "LOG_IN": Text(en="log-in", vi="đăng nhập"),
        "LOG_OUT": Text(en="log-out", vi="đăng xuất"),
        "POST": Text(en="published", vi="đăng tải"),
        "SHARE": Text(en="shared", vi="chia sẻ"),
        "REMOVE": Text(en="removed", vi="gỡ bỏ"),
        "ERASURE": Text(en="erasures", vi="việc xóa dữ liệu"),
        "OPEN": Text(en="open", vi="đang hoạt động"),
        "CLOSED": Text(en="closed", vi="đã đóng"),
        "ERASURE_SCHEDULED": Text(en="erasure scheduled", vi="chờ xóa"),
        "ERASED": Text(en="erased", vi="đã xóa"),
        "PERSON": Text(en="person", vi="cá nhân"),
        "GUARDIAN": Text(en="guardian", vi="người giám hộ"),
        "PHONE": Text(en="mobile number", vi="số điện thoại"),
        "PERSONAL_ID": Text(en="personal ID, confirmed", vi="số định danh đã xác thực"),
        "PERSONAL_ID_DECLARED": Text(en="personal ID, declared", vi="số định danh đã khai"),
        "REGISTRATION": Text(en="registration", vi="đăng ký"),
        "NO_MOBILE": Text(en="no mobile number", vi="không có số di động"),
        "FATHER": Text(en="father", vi="cha"),
        "MOTHER": Text(en="mother", vi="mẹ"),
        "REQUESTED": Text(en="requested", vi="theo yêu cầu"),
        "PENDING": Text(en="no guardian", vi="không có người giám hộ"),
    }
)
