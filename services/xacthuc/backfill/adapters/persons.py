"""Which accounts of an export hold the same personal ID, whatever parts they are in: numbers part those, not persons.

Of the personal ID there is nothing but a keyed digest, whose key is kept nowhere. The list is by the order of the export,
so it is the same however many parts there are.
"""

from __future__ import annotations

import csv
import struct
from collections import Counter
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.adapters.import_entries import account_of, holder_of
from xacthuc.backfill.adapters.repeats import DIGEST_BYTES
from xacthuc.backfill.adapters.sorting import Sorter
from xacthuc.backfill.domain.importing import Treatment, treatments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.backfill.adapters.places import Places
    from xacthuc.backfill.adapters.shards import Record
    from xacthuc.backfill.adapters.work import Work

HEADINGS: Final = ("person", "file", "row", "account_id", "treatment")
_PLACE: Final = struct.Struct(">HQ")
"""File and place of a row: their bytes sort as the export does."""
_TREATMENTS: Final = tuple(Treatment)


def listed(work: Work, platform: str, refused: Places) -> Counter[str]:
    """Writes down who holds the same personal ID, but for `refused` rows; returns how many are treated how."""
    path, counted = work.persons(platform), Counter[str]()
    if not work.manifest.persons["on_several"]:
        path.unlink(missing_ok=True)
        return counted
    with Sorter(work.path) as people, Sorter(work.path) as order:
        for person, record in _asked(work, refused):
            key = person + _PLACE.pack(record.file, record.place)
            people.add(key, _holder(work, record) + account_of(record.entry).encode())
        for _, accounts in groupby(people.values(), key=lambda each: each[0][:DIGEST_BYTES]):
            _add(order, accounts, work.manifest.accounts_per_person)
        half = path.with_suffix(".new")
        with half.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADINGS)
            for cells in _rows(work, order):
                rows.writerow(cells)
                counted[cells[-1]] += 1
    if counted:
        half.replace(path)
    else:
        half.unlink()
        path.unlink(missing_ok=True)
    return counted


def _asked(work: Work, refused: Places) -> Iterator[tuple[bytes, Record]]:
    for shard in range(work.manifest.shards):
        for record in work.records(shard):
            if record.person and not refused.has(record.file, record.place):
                yield record.person, record


def _holder(work: Work, record: Record) -> bytes:
    """Returns what is equal for equal name and birth date; nothing but zeros where one of them is missing."""
    holder = holder_of(record.entry)
    if holder is None:
        return bytes(DIGEST_BYTES)
    return blake2b(holder.encode(), digest_size=DIGEST_BYTES, key=bytes.fromhex(work.manifest.key)).digest()


def _add(order: Sorter, accounts: Iterator[tuple[bytes, bytes]], most: int) -> None:
    """Adds the accounts of one person, unless it is one alone, to be told by the person's first one."""
    first = next(accounts)
    second = next(accounts, None)
    if second is None:
        return
    begins = first[0][DIGEST_BYTES:]

    def everybody() -> Iterator[tuple[bytes, bytes]]:
        yield first
        yield second
        yield from accounts

    treat = treatments(most)
    for key, value in everybody():
        holder, account_id = value[:DIGEST_BYTES], value[DIGEST_BYTES:]
        treatment = _TREATMENTS.index(treat(holder if any(holder) else None))
        order.add(begins + key[DIGEST_BYTES:], bytes((treatment,)) + account_id)


def _rows(work: Work, order: Sorter) -> Iterator[tuple[int, str, int, str, str]]:
    person, last = 0, b""
    for key, value in order.values():
        begins = key[: _PLACE.size]
        if begins != last:
            person, last = person + 1, begins
        file, place = _PLACE.unpack(key[_PLACE.size :])
        yield person, work.manifest.files[file], place, value[1:].decode(), _TREATMENTS[value[0]].value
