"""What the outbox says, and to what end: the closed set of event kinds."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to an account. Never renamed once released: other services and platforms read it."""

    ACCOUNT_REGISTERED = "ACCOUNT_REGISTERED"
    PHONE_VERIFIED = "PHONE_VERIFIED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    ACCOUNT_CORRECTED = "ACCOUNT_CORRECTED"
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    ACCOUNT_UNLOCKED = "ACCOUNT_UNLOCKED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"
