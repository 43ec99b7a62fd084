"""Lists of numbers that operators and regulators send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.number_lists import Batch, NumberList


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    kept: NumberList
    """The list after it, or before it when it is not the next one."""
    changed: list[tuple[str, list[str]]] = field(default_factory=list, repr=False)
    """Accounts about which something else is true now, by platform."""


class NumberLists(Protocol):
    """Imports lists, a batch in one commit."""

    async def take(self, order: Order, given: NumberList, batch: Batch) -> Taken:
        """Finds whose numbers these are, decides, and commits findings, what follows, counts and progress: all or nothing.

        Rows that were dealt with are left out, so a repeated batch does nothing. Nothing is done either when rows before
        the batch are missing, the list has ended, or `kept` is another list of that id: the caller compares.
        """
        ...

    async def get(self, list_id: str) -> NumberList | None:
        """Returns a list."""
        ...

    async def lists(self, after: str, limit: int) -> list[NumberList]:
        """Returns up to `limit` lists behind the one called `after`, newest first."""
        ...
