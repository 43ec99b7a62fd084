"""What the outbox says, and to what end: the closed set of event kinds."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to an account. Never renamed once released: other services and platforms read it."""

    ACCOUNT_REGISTERED = "ACCOUNT_REGISTERED"
    PHONE_VERIFIED = "PHONE_VERIFIED"
    PERSONAL_ID_DECLARED = "PERSONAL_ID_DECLARED"
    PERSONAL_ID_VERIFIED = "PERSONAL_ID_VERIFIED"
    PERSONAL_ID_REFUSED = "PERSONAL_ID_REFUSED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    GUARDIAN_LINKED = "GUARDIAN_LINKED"
    GUARDIAN_ENDED = "GUARDIAN_ENDED"
    SUPERVISION_CHANGED = "SUPERVISION_CHANGED"
