"""Importing a list: what it is called, and its rows in batches, from the first one that is not taken yet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from xacthuc.tables.rows import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from xacthuc.cli.lists.rows import Kind, Report
    from xacthuc.cli.rejects import RejectFile

    Rows = Sequence[Report | Rejected]
    Send = Callable[[int, Rows, bool], int]
    """Sends rows behind a number of others, and whether the list ends with them; returns how many rows are taken."""

AT_ONCE: Final = 1000
"""The most rows that the contract takes in a call."""

REJECT_COLUMNS: Final = ("row", "field", "reason")
"""Of the file of rejects: whoever has the list finds the number by its row."""

_LISTS: Final = UUID("6a1f0f9c-6f0e-4c1e-9a53-2b7d1f0c9e55")
"""The name space of lists (RFC 9562 section 5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a list is, and how it is read: all that makes it another list to the service."""

    digest: str
    """SHA-256 of the file in hexadecimal."""
    kind: Kind
    source: str
    dry_run: bool
    reading: str
    """What else decides how its rows are understood, such as headings of the officer's own."""

    @property
    def name(self) -> str:
        """The same for the same list, so that importing it again goes on where it was."""
        parts = (self.digest, self.kind, self.source, str(self.dry_run), self.reading)
        return f"numberLists/{uuid5(_LISTS, chr(0).join(parts))}"


def import_rows(
    rows: Iterable[Report | Rejected], send: Send, rejects: RejectFile, reached: Callable[[int], None]
) -> None:
    """Sends all rows that are not taken yet, and writes down all that cannot be used, whenever they were taken.

    The first batch tells how far the service is; batches before that are read and not sent.
    """
    first, taken = 0, 0
    for batch in _batches(rows):
        rejects.add((each.place, each.field, each.reason) for each in batch if isinstance(each, Rejected))
        if first == 0 or first + len(batch) > taken:
            taken = send(first, batch, False)
        first += len(batch)
        reached(first)
    send(first, (), True)


def _batches(rows: Iterable[Report | Rejected]) -> Iterator[Rows]:
    """Yields batches. Their bounds are the same each time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, AT_ONCE)):
        yield batch
