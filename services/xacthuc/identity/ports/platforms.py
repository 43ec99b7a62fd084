"""Platforms, their keys, and where servers hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from xacthuc.credentials.records import KeyState
from xacthuc.identity.domain import keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.credentials.records import KeyRecord
    from xacthuc.identity.commands import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformView:
    """A platform as it is answered."""

    platform: str
    display_name: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as identity keeps it: what servers are told, and since when there is one."""

    record: KeyRecord
    create_time: datetime

    def is_active(self, now_ms: int) -> bool:
        """Whether it opens anything at `now_ms`."""
        record = self.record
        return keys.is_active(record.expire_ms, now_ms, revoked=record.state is KeyState.REVOKED)


class KeyOutcome(StrEnum):
    """Why a key was not added."""

    NO_PLATFORM = "NO_PLATFORM"
    NO_KEY = "NO_KEY"
    TOO_MANY = "TOO_MANY"
    REPEATED = "REPEATED"
    """This request id made a key before, whose secret cannot be shown again."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The key that a new one replaces."""

    key_id: str
    end: datetime
    """When it ends at the latest."""


class Platforms(Protocol):
    """The platforms and their keys."""

    async def create(self, order: Order, platform: str, display_name: str, now: datetime) -> PlatformView | None:
        """Keeps a new platform, once per request id; None when the id is taken."""
        ...

    async def page(self, after: str, limit: int) -> list[PlatformView]:
        """Returns up to `limit` platforms whose id is greater than `after`, by id."""
        ...

    async def keys(self, platform: str) -> list[StoredKey] | None:
        """Returns the platform's keys, newest first; None when there is no such platform."""
        ...

    async def add_key(
        self, order: Order, record: KeyRecord, replaces: Replacement | None, now: datetime
    ) -> tuple[StoredKey, ...] | KeyOutcome:
        """Keeps a key if there is room, and ends the one it replaces; returns all that changed, the new one first."""
        ...

    async def revoke_key(self, order: Order, key_id: str, now: datetime) -> StoredKey | None:
        """Revokes a key; one that was revoked stays as it is. None when there is no such key."""
        ...

    async def records(self) -> list[KeyRecord]:
        """Returns the records of all keys, revoked and expired ones too: their holders are told which of it they are."""
        ...


class Publication(Protocol):
    """Where servers hear of keys."""

    async def publish(self, records: Sequence[KeyRecord]) -> None:
        """Tells every server; raises StoreError when the store does not take it, and then tries again by itself."""
        ...
