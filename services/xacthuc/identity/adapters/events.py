"""What the outbox says, and to what end: the closed set of event kinds."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to an account. Never renamed once released: other services and platforms read it."""

    ACCOUNT_REGISTERED = "ACCOUNT_REGISTERED"
    ACCOUNTS_IMPORTED = "ACCOUNTS_IMPORTED"
    """Of a batch: its subject is the batch's id, and its detail names every account that it changed."""
    PHONE_VERIFIED = "PHONE_VERIFIED"
    NUMBER_CHANGED = "NUMBER_CHANGED"
    PERSONAL_ID_DECLARED = "PERSONAL_ID_DECLARED"
    PERSONAL_ID_VERIFIED = "PERSONAL_ID_VERIFIED"
    PERSONAL_ID_REFUSED = "PERSONAL_ID_REFUSED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    GUARDIAN_LINKED = "GUARDIAN_LINKED"
    GUARDIAN_ENDED = "GUARDIAN_ENDED"
    SUPERVISION_CHANGED = "SUPERVISION_CHANGED"
    ACCOUNT_CORRECTED = "ACCOUNT_CORRECTED"
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    ACCOUNT_UNLOCKED = "ACCOUNT_UNLOCKED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"
    VERIFICATION_DUE = "VERIFICATION_DUE"
    """Nothing happened to it: it is to be asked for what it lacks."""
    TRANSITION_ENDED = "TRANSITION_ENDED"
    TRANSITION_RESTORED = "TRANSITION_RESTORED"
    """Both of what a grace of the law lets it do although nothing is proven."""
