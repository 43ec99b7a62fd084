"""Accounts that a platform brings along, many in one commit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.import_rows import Candidate
    from xacthuc.identity.domain.importing import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedBatch:
    """A batch of which the rows alone have been looked at."""

    order: Order
    rows: Sequence[Candidate | Verdict] = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a batch."""

    batch_id: str
    kinds: Sequence[Verdict]
    """The different verdicts: a thousand rows have a handful."""
    rows: Sequence[int]
    """By row, which of them."""
    displaced: int
    """Accounts that lost their number to one of the batch."""

    def count(self, holds: Callable[[Verdict], bool]) -> int:
        """Returns of how many rows `holds`."""
        times = Counter(self.rows)
        return sum(times[place] for place, kind in enumerate(self.kinds) if holds(kind))


@dataclass(frozen=True, slots=True)
class Merged:
    """A batch that is committed."""

    answer: Imported
    platform: str
    changed: tuple[str, ...] = field(repr=False)
    """Accounts about which something else is true now; none when the batch had been committed before."""


class Merge(Protocol):
    """Commits one batch, of which nothing readable is left."""

    async def __call__(self) -> Merged:
        """Commits accounts, consents, evidence, claims, audit row, events and answer, all or nothing.

        Answers as before when the batch was committed meanwhile. DatabaseBusy when others were in the way: another try
        may do it.
        """
        ...


class Imports(Protocol):
    """Imports, a batch in one commit."""

    async def find(self, order: Order) -> Imported | None:
        """Returns what became of the batch if it is committed already; RequestIdReused when that one had other rows."""
        ...

    async def seal(self, batch: JudgedBatch) -> Merge:
        """Makes the accounts' keys, seals everything under them, and returns what commits it.

        Changes nothing yet that anybody sees.
        """
        ...
