"""What is on record of broadcasts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

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
    """What is on record of a broadcast, or a part of it."""

    kept: Kept
    decided: int
    """How many decisions there are."""

    rulings: Sequence[Ruled] = ()
    declarations: Sequence[tuple[Declared, datetime]] = ()
    """With when the platform said so."""


class Place(NamedTuple):
    """Where a page begins: behind a broadcast, or within one of which not everything was read."""

    broadcast_id: str
    decisions: int = 0
    declarations: int = 0
    """How many were read of it. When none was of either, the broadcast is done with."""

    @property
    def within(self) -> bool:
        """Whether something of the broadcast is left."""
        return bool(self.decisions or self.declarations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose records are read, and which part."""

    platform: str
    account_id: str = field(repr=False)
    behind: Place
    most: int
    """How many broadcasts."""

    evidence: bool = True
    """Whether with what was decided and declared."""

    until: datetime | None = None
    """Only of broadcasts that were asked for up to then."""


class Records(Protocol):
    """The record of every platform."""

    async def get(self, platform: str, broadcast_id: str, behind: Place | None) -> tuple[Record, Place | None] | None:
        """Returns that of a broadcast, and where what is left of it begins; None when nothing is kept of it."""
        ...

    async def page(self, wanted: Wanted) -> tuple[list[Record], Place | None]:
        """Returns records by the broadcast's id, and where the next page begins; None when nothing is left."""
        ...

    async def redeem(
        self, order: Order, approval_id: str, account_id: str, now: datetime, *, again_within: timedelta
    ) -> bool:
        """Uses an approval up, with an entry of the audit trail; False when that was done already.

        The same request of the same officer may come again for a time, and leaves an entry each time.
        """
        ...

    async def note(self, *entries: Entry) -> None:
        """Writes entries of the audit trail in a transaction of their own: reading changes nothing else."""
        ...
