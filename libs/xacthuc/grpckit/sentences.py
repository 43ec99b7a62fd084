"""What a person may be shown for an error: one Vietnamese and one English sentence per reason.

Only reasons a person can do something about have one; the others concern the platform's engineers alone. Sent as
`google.rpc.LocalizedMessage`, in Vietnamese unless the caller's `accept-language` metadata asks for English.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

VIETNAMESE: Final = "vi-VN"
ENGLISH: Final = "en-US"


class Sentence(NamedTuple):
    """One thing to tell a person, in both languages."""

    vietnamese: str
    english: str


_BY_CODE: Final = Sentence(
    "Không xác nhận được số điện thoại qua mạng di động. Vui lòng nhận mã xác thực để tiếp tục.",
    "The mobile network could not confirm the number. Please have a code sent to continue.",
)
_LATER: Final = Sentence(
    "Hệ thống đang bận. Vui lòng thử lại sau ít phút.",
    "The service is busy. Please try again in a few minutes.",
)

SENTENCES: Final[Mapping[Reason, Sentence]] = MappingProxyType({
    Reason.INVALID_FIELDS: Sentence(
        "Thông tin chưa hợp lệ. Vui lòng kiểm tra lại.",
        "Some of the information is not valid. Please check it.",
    ),
    Reason.LIMIT_EXCEEDED: Sentence(
        "Bạn đã thử quá nhiều lần. Vui lòng thử lại sau.",
        "Too many attempts. Please try again later.",
    ),
    Reason.RESEND_TOO_EARLY: Sentence(
        "Mã vừa được gửi. Vui lòng chờ trước khi yêu cầu gửi lại.",
        "A code was just sent. Please wait before asking for it again.",
    ),
    Reason.SENDS_EXHAUSTED: Sentence(
        "Đã hết số lần gửi mã cho lần xác thực này. Vui lòng bắt đầu lại.",
        "This verification has no message left. Please start again.",
    ),
    Reason.CAPTCHA_REQUIRED: Sentence(
        "Vui lòng xác nhận bạn không phải là người máy để tiếp tục.",
        "Please confirm that you are not a robot to continue.",
    ),
    Reason.GUARDIAN_UNFIT: Sentence(
        "Người này chưa đủ điều kiện đăng ký, giám sát tài khoản của trẻ. Vui lòng xem hướng dẫn hoặc mời người khác.",
        "This person cannot answer for the child's account yet. Please follow the steps shown, or ask somebody else.",
    ),
    Reason.GUARDIAN_LIMIT: Sentence(
        "Trẻ đã có người giám hộ, hoặc quan hệ đã khai không phù hợp. Vui lòng kiểm tra lại.",
        "The child already has guardians, or the stated relation does not fit. Please check it.",
    ),
    Reason.LINK_STATE: Sentence(
        "Lời mời này không còn hiệu lực hoặc đang chờ xử lý. Vui lòng kiểm tra lại.",
        "This invitation is over or waits for somebody else. Please check it.",
    ),
    Reason.CHALLENGE_NOT_FOUND: Sentence(
        "Không tìm thấy lần xác thực này. Vui lòng bắt đầu lại.",
        "This verification was not found. Please start again.",
    ),
    Reason.CHALLENGE_CLOSED: Sentence(
        "Lần xác thực này đã kết thúc. Vui lòng bắt đầu lại.",
        "This verification has ended. Please start again.",
    ),
    Reason.CHANNEL_NOT_OFFERED: Sentence(
        "Không thể gửi mã qua kênh này. Vui lòng chọn kênh khác.",
        "The code cannot be sent this way. Please choose another.",
    ),
    Reason.NUMBER_BLOCKED: Sentence(
        "Số điện thoại này hiện không nhận mã xác thực.",
        "This phone number does not receive codes at present.",
    ),
    Reason.SENDING_STOPPED: _LATER,
    Reason.PROOF_INVALID: Sentence(
        "Xác thực số điện thoại không hợp lệ. Vui lòng xác thực lại.",
        "The phone verification is not valid. Please verify the number again.",
    ),
    Reason.NETWORK_TOKEN_INVALID: _BY_CODE,
    Reason.NETWORK_UNAVAILABLE: _BY_CODE,
    Reason.PROOF_EXPIRED: Sentence(
        "Xác thực số điện thoại đã hết hạn. Vui lòng xác thực lại.",
        "The phone verification has expired. Please verify the number again.",
    ),
    Reason.PROOF_REDEEMED: Sentence(
        "Xác thực số điện thoại này đã được sử dụng. Vui lòng xác thực lại.",
        "This phone verification was used already. Please verify the number again.",
    ),
    Reason.TOO_MANY_ACCOUNTS: Sentence(
        "Bạn đã có đủ số tài khoản được phép. Vui lòng đóng bớt một tài khoản, hoặc dùng số điện thoại khác.",
        "You have as many accounts as you may. Please close one, or use another phone number.",
    ),
    Reason.NUMBER_MOVED_TOO_OFTEN: Sentence(
        "Số điện thoại này đã chuyển qua quá nhiều tài khoản. Vui lòng dùng số khác, hoặc liên hệ nền tảng.",
        "This phone number moved between too many accounts. Please use another one, or contact the platform.",
    ),
    Reason.PROVIDER_UNAVAILABLE: Sentence(
        "Nhà cung cấp dịch vụ định danh điện tử chưa phản hồi. Vui lòng thử lại sau ít phút.",
        "The provider of electronic identification does not answer. Please try again in a few minutes.",
    ),
    Reason.OVERLOADED: _LATER,
    Reason.STORE_UNAVAILABLE: _LATER,
    Reason.DATABASE_UNAVAILABLE: _LATER,
    Reason.SERVICE_UNAVAILABLE: _LATER,
    Reason.CREDENTIALS_UNAVAILABLE: _LATER,
    Reason.KEYS_UNAVAILABLE: _LATER,
    Reason.SHUTTING_DOWN: _LATER,
    Reason.READER_TOO_SLOW: _LATER,
    Reason.DEADLINE_EXCEEDED: _LATER,
    Reason.ACCOUNT_UNREADABLE: Sentence(
        "Dữ liệu của tài khoản bị lỗi. Vui lòng liên hệ bộ phận hỗ trợ của nền tảng.",
        "What is kept of the account is damaged. Please contact the platform's support.",
    ),
    Reason.INTERNAL_ERROR: Sentence(
        "Đã có lỗi xảy ra. Vui lòng thử lại sau.",
        "Something went wrong. Please try again later.",
    ),
})  # fmt: skip


def sentence(reason: Reason, accept_language: str) -> tuple[str, str] | None:
    """Returns (locale, text) for a person, or None when this reason is not for people.

    `accept_language` is the caller's metadata; only a leading `en` matters, everything else is Vietnamese.
    """
    found = SENTENCES.get(reason)
    if found is None:
        return None
    return (ENGLISH, found.english) if is_english(accept_language) else (VIETNAMESE, found.vietnamese)


def is_english(accept_language: str) -> bool:
    """Whether a caller's metadata asks for English."""
    return accept_language[:2].lower() == "en"
