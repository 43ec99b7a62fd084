"""What shards hold, once repeated rows are left out: how many accounts each, and which persons have several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.backfill.adapters.repeats import Repeats
from xacthuc.backfill.domain.importing import Persons, is_asked_for_personal_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.backfill.adapters.shards import Record


def counted(shards: Iterable[Iterable[Record]]) -> tuple[list[int], Persons]:
    """Returns the sizes of shards, and what is known of personal IDs, whatever shards they are in: numbers part those."""
    sizes, persons = [], Persons()
    with Repeats(1) as repeats:
        for records in shards:
            size = 0
            for size, record in enumerate(records, start=1):  # noqa: B007 - the last one is the size
                if is_asked_for_personal_id(record.found):
                    _count(record.person, persons, repeats)
            sizes.append(size)
        for accounts in repeats.groups():
            persons.on_several += 1
            persons.accounts_on_several += len(accounts)
    return sizes, persons


def _count(person: bytes | None, persons: Persons, repeats: Repeats) -> None:
    if person is None:
        persons.missing += 1
    elif not person:
        persons.unusable += 1
    else:
        persons.given += 1
        repeats.add(person, b"\0")
