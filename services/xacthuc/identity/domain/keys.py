"""How many keys a platform may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.records import KeyState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.credentials.records import KeyRecord

MOST_ACTIVE: Final = 2
"""One in use and its successor: enough to rotate without a pause, few enough that none is forgotten."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as identity keeps it: what servers are told, and since when there is one."""

    record: KeyRecord
    create_time: datetime

    def is_active(self, now_ms: int) -> bool:
        """Whether it opens anything at `now_ms`."""
        record = self.record
        return record.state is KeyState.ACTIVE and (record.expire_ms is None or record.expire_ms > now_ms)


def has_room(keys: Iterable[StoredKey], now_ms: int) -> bool:
    """Whether one more key may become active."""
    return sum(key.is_active(now_ms) for key in keys) < MOST_ACTIVE
