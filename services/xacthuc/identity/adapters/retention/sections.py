"""What an export of one account holds: which tables, which of their columns, and what is left out and why.

Whoever adds a table about accounts adds a section here, or a reason not to: a test compares with the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.locks.tables import violations
from xacthuc.identity.adapters.reconciliation.tables import reconciliation_findings
from xacthuc.identity.adapters.retention.tables import erasures, subject_requests
from xacthuc.identity.adapters.sessions.tables import held_sessions, session_log
from xacthuc.identity.adapters.tables import (
    accounts,
    consents,
    evidence,
    guardians,
    locks,
    number_claims,
    number_moves,
    personal_id_checks,
    personal_id_claims,
    proofs,
    requests,
    sign_ins,
    supervisions,
    trail,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Table


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a table that are about an account."""

    name: str
    table: Table
    title_vi: str
    title_en: str
    columns: tuple[str, ...]
    """The ones that are told, by age: the last rows of the first instant among them are the newest."""
    by: str
    """The instant by which they are ordered."""
    whose: str = "account"
    """The column that names the account."""
    only: tuple[ColumnElement[bool], ...] = ()
    """What else its rows have in common."""


OF_AUTHORITIES: Final = (Tag.ACCOUNT_HELD, Tag.ACCOUNT_RELEASED, Tag.SESSIONS_READ, Tag.ADMIN_READ)
"""Entries that tell, or may tell, of an authority's inquiry: whether the person may know of it is for its order to say."""

SECTIONS: Final = (
    Section(
        "account",
        accounts,
        "Tài khoản",
        "Account",
        (
            "full_name",
            "birth_date",
            "kind",
            "life",
            "create_time",
            "update_time",
            "close_time",
            "purge_time",
            "transition_until",
            "transition_basis",
            "transition_before",
        ),
        "create_time",
    ),
    Section(
        "evidence",
        evidence,
        "Thông tin đã xác thực",
        "What was proven",
        ("kind", "number", "source", "level", "transaction_id", "verify_time", "lapse_time", "lapse_reason"),
        "verify_time",
    ),
    Section(
        "consents",
        consents,
        "Đồng ý và xác nhận",
        "Consents and confirmations",
        ("kind", "text_version", "accept_time", "record_time"),
        "record_time",
    ),
    Section(
        "number_claims",
        number_claims,
        "Số điện thoại đang dùng để xác thực",
        "Numbers the account stands on",
        ("verify_time",),
        "verify_time",
    ),
    Section(
        "personal_id_claims",
        personal_id_claims,
        "Số định danh đang dùng để xác thực",
        "Personal IDs the account stands on",
        ("verify_time",),
        "verify_time",
    ),
    Section(
        "number_moves",
        number_moves,
        "Số điện thoại chuyển từ tài khoản khác",
        "Numbers that came from another account",
        ("move_time",),
        "move_time",
    ),
    Section("proofs", proofs, "Mã xác thực đã dùng", "Proofs that were used", ("redeem_time",), "redeem_time"),
    Section(
        "personal_id_checks",
        personal_id_checks,
        "Xác thực số định danh đang chờ",
        "Questions about the personal ID",
        ("provider", "transaction_id", "create_time"),
        "create_time",
    ),
    Section(
        "sign_ins",
        sign_ins,
        "Định danh điện tử đang thực hiện",
        "Electronic identification begun",
        ("provider", "expire_time"),
        "expire_time",
    ),
    Section(
        "locks",
        locks,
        "Khóa tài khoản",
        "Locks",
        ("basis", "create_time", "expire_time", "lift_time", "lift_basis", "bound_to"),
        "create_time",
    ),
    Section(
        "violations",
        violations,
        "Vi phạm được ghi nhận",
        "Violations on record",
        (
            "authority",
            "order_number",
            "national_security",
            "violate_time",
            "record_time",
            "withdraw_time",
            "withdraw_basis",
        ),
        "record_time",
    ),
    Section(
        "guardians",
        guardians,
        "Người giám hộ",
        "Who answers for the holder",
        ("account", "relation", "of_age", "start_time", "link"),
        "start_time",
        whose="child",
    ),
    Section(
        "wards",
        guardians,
        "Trẻ em được giám hộ",
        "Children the holder answers for",
        ("child", "relation", "of_age", "start_time", "link"),
        "start_time",
    ),
    Section(
        "supervisions",
        supervisions,
        "Quyền do người giám hộ đặt",
        "What the guardians allow",
        ("suspended", "actions", "quiet_from", "quiet_to", "update_time"),
        "update_time",
        whose="child",
    ),
    Section(
        "erasures",
        erasures,
        "Xóa dữ liệu",
        "Erasures",
        ("cause", "want_time", "seal_time", "key_time", "end_time", "complete_time"),
        "want_time",
    ),
    Section(
        "demands",
        subject_requests,
        "Yêu cầu của chủ thể dữ liệu",
        "What the holder demanded",
        (
            "demand",
            "elsewhere",
            "receive_time",
            "acknowledge_due_time",
            "acknowledge_time",
            "due_time",
            "extend_time",
            "extend_reason",
            "end_time",
            "refusal_basis",
        ),
        "receive_time",
    ),
    Section(
        "findings",
        reconciliation_findings,
        "Đối soát với nhà mạng",
        "What reconciliation with operators found",
        (
            "kind",
            "source",
            "observe_time",
            "full_name_match",
            "birth_date_match",
            "personal_id_match",
            "subscriber_full_name_match",
            "subscriber_birth_date_match",
            "subscriber_personal_id_match",
            "identity_full_name_match",
            "identity_birth_date_match",
            "identity_personal_id_match",
            "action",
            "applied",
            "create_time",
        ),
        "create_time",
    ),
    Section(
        "sessions",
        session_log,
        "Nhật ký đăng nhập và đăng tải",
        "Log-ins, and what was published",
        ("time", "kind", "ip_address", "source_port", "content_id"),
        "time",
    ),
    Section(
        "held_sessions",
        held_sessions,
        "Nhật ký đăng nhập được lưu giữ thêm",
        "Log-ins that are kept for longer",
        ("time", "kind", "ip_address", "source_port", "content_id"),
        "time",
    ),
    Section(
        "requests",
        requests,
        "Yêu cầu gần đây của nền tảng",
        "Calls of the platform of late",
        ("method", "create_time"),
        "create_time",
    ),
    Section(
        "audit",
        trail.entries,
        "Nhật ký xử lý dữ liệu",
        "Who did what with it",
        ("time", "tag", "actor"),
        "time",
        whose="subject",
        only=(trail.entries.c.tag.not_in(OF_AUTHORITIES),),
    ),
)

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held_accounts": "an order of an authority to keep data: whether the person may be told is for the order to say",
        "lock_identities": "keyed hashes of what is told under evidence, while a lock binds its holder",
        "releases": "what an authority asked for: whether the person may be told is for its order to say",
        "outbox": "what happened, as events for 30 days: the audit trail says the same",
        "webhook_deliveries": "which events were sent to the platform: the audit trail says what happened",
        "account_keys": "a key, which tells nothing of the person",
    }
)
"""Tables that name accounts and are no section."""
