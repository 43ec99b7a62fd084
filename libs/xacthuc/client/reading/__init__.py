"""Messages of the contracts → results. The only place that knows both."""

from xacthuc.client.reading.common import nothing
from xacthuc.client.reading.guardian import (
    activities,
    child_assent,
    child_assents,
    link,
    link_events,
    links,
    recorded,
    supervision,
)
from xacthuc.client.reading.identity import (
    account,
    accounts,
    consents,
    decision,
    decisions,
    event_batch,
    jwks,
    personal_id_verification,
    recorded_sessions,
    sign_in,
    standing_token,
    verification_paths,
)
from xacthuc.client.reading.livestream import broadcast, broadcasts, clearance, revocation_batch, schedule
from xacthuc.client.reading.otp import challenge, check_result, number_info

__all__ = [
    "account",
    "accounts",
    "activities",
    "broadcast",
    "broadcasts",
    "challenge",
    "check_result",
    "child_assent",
    "child_assents",
    "clearance",
    "consents",
    "decision",
    "decisions",
    "event_batch",
    "jwks",
    "link",
    "link_events",
    "links",
    "nothing",
    "number_info",
    "personal_id_verification",
    "recorded",
    "recorded_sessions",
    "revocation_batch",
    "schedule",
    "sign_in",
    "standing_token",
    "supervision",
    "verification_paths",
]
