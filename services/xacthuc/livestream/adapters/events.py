"""What the outbox says: the closed set of event kinds."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What must not go on of a broadcast, which is the subject. Never renamed once released: others read it."""

    GOODS_HIDDEN = "GOODS_HIDDEN"
    BROADCAST_REVOKED = "BROADCAST_REVOKED"
    BROADCAST_UNRENEWED = "BROADCAST_UNRENEWED"
