"""What shards hold, once repeated rows are left out: how many accounts each, and which persons have several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.backfill.adapters.repeats import Repeats
from xacthuc.backfill.domain.importing import Persons, is_asked_for_personal_id
from xacthuc.backfill.ports.repeats import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.backfill.adapters.shards import Record

_ROWS_AT_ONCE: Final = 100_000


def counted(shards: Iterable[Iterable[Record]]) -> tuple[list[int], Persons]:
    """Returns the sizes of shards, and what is known of personal IDs, whatever shards they are in: numbers part those."""
    sizes, persons = [], Persons()
    with Repeats(1) as repeats:
        for records in shards:
            size, some = 0, _nobody()
            for size, record in enumerate(records, start=1):
                if is_asked_for_personal_id(record.found):
                    _count(record.person, persons, some)
                if size % _ROWS_AT_ONCE == 0:
                    repeats.add(some)
                    some = _nobody()
            repeats.add(some)
            sizes.append(size)
        for accounts in repeats.groups():
            persons.on_several += 1
            persons.accounts_on_several += len(accounts)
    return sizes, persons


def _nobody() -> list[bytearray]:
    return [bytearray() for _ in range(PARTS)]


def _count(person: bytes | None, persons: Persons, some: list[bytearray]) -> None:
    if person is None:
        persons.missing += 1
    elif not person:
        persons.unusable += 1
    else:
        persons.given += 1
        some[person[0]] += person + b"\0"
