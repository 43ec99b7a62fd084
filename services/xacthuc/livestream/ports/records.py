"""What is on record of broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.audit.trail import Entry
    from xacthuc.livestream.domain.broadcast import Commerce
    from xacthuc.livestream.ports.broadcasts import Cause, Declared, Kept
    from xacthuc.order import Order
    from xacthuc.policy import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What was decided at one moment, and on which evidence."""

    time: datetime
    cause: Cause
    ruling: Ruling
    commerce: Commerce
    reason: str
    legal_basis: str
    policy_version: str
    personal_id_time: datetime | None
    personal_id_source: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything on record of a broadcast."""

    kept: Kept
    rulings: Sequence[Ruled]
    declarations: Sequence[tuple[Declared, datetime]]
    """With when the platform said so."""


class Records(Protocol):
    """The record of every platform."""

    async def get(self, platform: str, broadcast_id: str) -> Record | None:
        """Returns that of a broadcast; None when nothing is kept of it."""
        ...

    async def list_of(self, platform: str, account_id: str, after: str, limit: int) -> list[Record]:
        """Returns those of an account's broadcasts behind an id, by id."""
        ...

    async def redeem(self, order: Order, approval_id: str, account_id: str, now: datetime) -> bool:
        """Uses an approval up, with an entry of the audit trail; False when another request did before.

        The same request may come again: it is what it was used for.
        """
        ...

    async def note(self, *entries: Entry) -> None:
        """Writes entries of the audit trail in a transaction of their own: reading changes nothing else."""
        ...
