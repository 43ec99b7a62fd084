"""Shards: the accounts of an export as they are sent, parted by their numbers and otherwise in order.

All accounts on one number are in one shard, and those without a number wherever their ids fall, so that shards sent at the
same time never contend for a number. Those that share a number stand beside each other behind all others, and a batch has
all of them: identity decides about a number once for a batch, so what becomes of an account is the same however many shards
there are.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.importing import BATCH_ROWS, is_asked_for_personal_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from xacthuc.backfill.domain.accounts import Accounts, Person
    from xacthuc.backfill.ports.repeats import Digest

_HEAD: Final = struct.Struct("<HQBQB16sI")
"""File, place, class, number, personal ID, digest of it, and how many bytes of the row follow."""
_CLASSES: Final = tuple(AccountClass)
_CODES: Final = {each: code for code, each in enumerate(_CLASSES)}
_NOT_ASKED, _MISSING, _UNUSABLE, _GIVEN = range(4)
_NOBODY: Final = bytes(16)
_READ_AT_ONCE: Final = 1 << 20


class Record(NamedTuple):
    """An account of a shard."""

    file: int
    place: int
    found: AccountClass
    number: int
    """E.164 without its plus; 0 where there is none."""
    person: bytes | None
    """Stands for the personal ID: empty for one that cannot be used, None where none is needed or none is given."""
    entry: bytes
    """What is sent of it."""


class ShardWriter:
    """Writes shards."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Replaces whatever is there."""
        with ExitStack() as opened:
            self._files = [opened.enter_context(path.open("wb", _READ_AT_ONCE)) for path in paths]
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the files."""
        self._opened.close()

    def add(self, parts: Sequence[bytes | bytearray]) -> None:
        """Writes what `parted` made, in the order of the export."""
        for file, part in zip(self._files, parts, strict=True):
            file.write(part)


def parted(
    file: int,
    accounts: Accounts,
    classes: Sequence[AccountClass],
    entries: Sequence[bytes],
    *,
    digest: Digest,
    shards: int,
) -> list[bytearray]:
    """Returns what goes into each shard of a batch of accounts."""
    pack, parts = _HEAD.pack, [bytearray() for _ in range(shards)]
    columns = zip(accounts.places, accounts.ids, accounts.numbers, accounts.persons, classes, entries, strict=True)
    for place, account_id, (e164, _, _), person, found, entry in columns:
        shard = int.from_bytes(digest(e164 or account_id)[8:], "little") % shards
        state, stands_for = _asked(person, found, digest)
        number = int(e164[1:]) if e164 else 0
        parts[shard] += pack(file, place, _CODES[found], number, state, stands_for, len(entry)) + entry
    return parts


def _asked(person: Person, found: AccountClass, digest: Digest) -> tuple[int, bytes]:
    if not is_asked_for_personal_id(found):
        return _NOT_ASKED, _NOBODY
    if person.number:
        return _GIVEN, digest(person.number)
    return (_MISSING if person.reason == "MISSING" else _UNUSABLE), _NOBODY


def records(path: Path) -> Iterator[Record]:
    """Yields the accounts of a shard, repeated rows included."""
    with path.open("rb", _READ_AT_ONCE) as file:
        while head := file.read(_HEAD.size):
            place_file, place, code, number, state, stands_for, size = _HEAD.unpack(head)
            person = stands_for if state == _GIVEN else b"" if state == _UNUSABLE else None
            yield Record(place_file, place, _CLASSES[code], number, person, file.read(size))


def packed(record: Record) -> bytes:
    """Returns an account as a shard has it."""
    state, stands_for = _NOT_ASKED, _NOBODY
    if is_asked_for_personal_id(record.found):
        state, stands_for = _MISSING, _NOBODY
        if record.person is not None:
            state, stands_for = (_GIVEN, record.person) if record.person else (_UNUSABLE, _NOBODY)
    head = _HEAD.pack(
        record.file, record.place, _CODES[record.found], record.number, state, stands_for, len(record.entry)
    )
    return head + record.entry


def batched(shard: Iterable[Record], most: int = BATCH_ROWS) -> Iterator[list[Record]]:
    """Yields the batches in which a shard is sent, always the same ones, of at most so many accounts.

    No batch ends between accounts on one number, unless there are more of them than a batch has: then it ends where it would
    with these alone.
    """
    batch: list[Record] = []
    for _, rows in groupby(shard, key=_together):
        while some := list(islice(rows, most)):
            if len(batch) + len(some) > most:
                yield batch
                batch = []
            batch += some
    if batch:
        yield batch


def _together(record: Record) -> object:
    """Returns what is equal for accounts on one number alone."""
    return record.number or (record.file, record.place)
