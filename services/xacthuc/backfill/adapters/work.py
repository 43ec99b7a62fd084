"""The directory of an import: the accounts of an export in shards, and how far each of them is.

What is in it is as personal as the export, so nobody but its owner may look into it. There is no manifest before
everything else is written: a directory without one was never finished, and is made anew.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import struct
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from xacthuc.backfill.adapters.import_entries import message
from xacthuc.backfill.adapters.places import Places
from xacthuc.backfill.adapters.shards import batched, packed, records
from xacthuc.backfill.adapters.sorting import Sorter
from xacthuc.backfill.domain.importing import Grace, Sent, Totals
from xacthuc.tables.rows import UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from xacthuc.backfill.adapters.shards import Record
    from xacthuc.backfill.usecases.check import Duplicate

_MANIFEST: Final = "manifest.json"
_UNREAD: Final = "unread.csv"
_OURS: Final = (_MANIFEST, _UNREAD, "rejects.*.csv", "persons.*.csv", "lock", "shard-*", "repeated-*", "shared-*")
_REPEATED: Final = "repeated"
_SHARED: Final = "shared"
_BESIDE: Final = ".beside"
_ORDER: Final = struct.Struct(">QHQ")
"""Number, file and place: bytes that sort by number, and otherwise as the export does."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was split, and how."""

    export: str
    """Stands for the export and how it was read: another one has a directory of its own."""
    files: Sequence[str]
    sizes: Sequence[int]
    """How many accounts each shard has."""
    grace: Grace | None
    report: Mapping[str, Any]
    """What `check` tells of the export."""
    persons: Mapping[str, int]
    """What is known of the personal IDs of accounts that need one confirmed."""
    accounts_per_person: int
    """How many one person may have on a personal ID (`accounts_per_personal_id.related`)."""
    key: str = field(repr=False, default_factory=lambda: token_bytes(32).hex())
    """Of the names of batches: nobody who sees one can try out whose rows it has."""

    @property
    def shards(self) -> int:
        """How many there are."""
        return len(self.sizes)


class Work:
    """A directory that `split` made whole."""

    def __init__(self, path: Path) -> None:
        """Opens it; UnusableTableError when it is none."""
        self.path = path
        try:
            kept = json.loads((path / _MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            raise UnusableTableError(
                f"{path} was not made by split, or not to its end",
                "Say: xacthuc backfill split EXPORT --into DIRECTORY",
            ) from None
        grace = kept.pop("grace")
        if grace is not None:
            grace = Grace(datetime.fromisoformat(grace["end"]), grace["legal_basis"])
        try:
            self.manifest = Manifest(**kept, grace=grace)
        except TypeError:
            raise UnusableTableError(
                f"{path} was made by another version",
                "Split the export into a new one: what was sent is UNCHANGED then.",
            ) from None

    @property
    def unread(self) -> Path:
        """The file of the rows that were not read, and of those about the same account again."""
        return self.path / _UNREAD

    def rejects(self, platform: str) -> Path:
        """Returns the file of these and of the rows that identity refused."""
        return self.path / f"rejects.{platform}.csv"

    def persons(self, platform: str) -> Path:
        """Returns the file of the accounts whose personal ID another account has as well."""
        return self.path / f"persons.{platform}.csv"

    @property
    def totals(self) -> Totals:
        """What is known before anything is sent."""
        report = self.manifest.report
        return Totals(
            rows=report["rows"],
            unread=report["rejected_rows"],
            repeated=report["duplicate_rows"],
            unread_for=Counter({(each["field"], each["reason"]): each["rows"] for each in report["rejected"]}),
        )

    def journal(self, shard: int, platform: str) -> Path:
        """Returns where the answers to a shard are kept."""
        return self.path / f"shard-{shard:04}.{platform}.journal"

    def size(self, shard: int) -> int:
        """Returns how many accounts a shard has."""
        return self.manifest.sizes[shard]

    def records(self, shard: int) -> Iterator[Record]:
        """Yields the accounts of a shard, each once."""
        return _kept(self.path, len(self.manifest.files), _shard(self.path, shard))

    def batches(self, shard: int, platform: str, done: Callable[[int], bool]) -> Iterator[Sent]:
        """Yields what is to be sent of a shard but for what is `done`: always the same batches by the same ids."""
        for number, rows in enumerate(batched(self.records(shard))):
            if done(number):
                continue
            entries = [row.entry for row in rows]
            batch_id = self._batch_id(platform, entries)
            places = [(row.file, row.place) for row in rows]
            yield Sent(number, places, message(batch_id, entries), str(batch_id))

    def _batch_id(self, platform: str, entries: Sequence[bytes]) -> UUID:
        digest = hmac.new(bytes.fromhex(self.manifest.key), platform.encode() + b"\0", "sha256")
        for each in entries:
            digest.update(each)
        drawn = bytearray(digest.digest()[:16])
        drawn[6], drawn[8] = (
            drawn[6] & 0x0F | 0x80,
            drawn[8] & 0x3F | 0x80,
        )  # of one's own making (RFC 9562 section 5.8)
        return UUID(bytes=bytes(drawn))


class Making:
    """A directory while it is made."""

    def __init__(self, path: Path, shards: int) -> None:
        """Takes where the accounts go."""
        self._path = path
        self.shards = [_shard(path, number) for number in range(shards)]
        self.unread = path / _UNREAD

    def repeated(self, duplicates: Iterator[Duplicate], told: Callable[[Duplicate], None]) -> None:
        """Writes down which rows are about an account that an earlier one is about, and tells each."""
        places = Places()
        for each in duplicates:
            places.add(each.file, each.place)
            told(each)
        places.write(self._path, _REPEATED)

    def share(self, shared: Places, files: int) -> None:
        """Puts accounts whose number others have, too, beside each other, once it is known which rows are repeated."""
        if not shared:
            return
        shared.write(self._path, _SHARED)
        repeated = Places.read(self._path, _REPEATED, files)
        for shard in self.shards:
            with Sorter(self._path) as rows, shard.with_suffix(_BESIDE).open("wb") as beside:
                for each in records(shard):
                    if shared.has(each.file, each.place) and not repeated.has(each.file, each.place):
                        rows.add(_ORDER.pack(each.number, each.file, each.place), packed(each))
                beside.writelines(value for _, value in rows.values())

    def records(self, files: int) -> Iterator[Iterator[Record]]:
        """Yields the accounts of each shard, each once, when all are written."""
        return (_kept(self._path, files, shard) for shard in self.shards)

    def finish(self, manifest: Manifest) -> Work:
        """Makes it whole."""
        grace = manifest.grace and {"end": manifest.grace.end.isoformat(), "legal_basis": manifest.grace.legal_basis}
        names = ("export", "files", "sizes", "report", "persons", "accounts_per_person", "key")
        kept = {name: getattr(manifest, name) for name in names}
        half = self._path / f"{_MANIFEST}.new"
        half.write_text(json.dumps({**kept, "grace": grace}, ensure_ascii=False, indent=1), "utf-8")
        for path in self._path.iterdir():  # there is no manifest of what a crash of the machine could take away
            with path.open("rb") as file:
                os.fsync(file.fileno())
        half.replace(self._path / _MANIFEST)
        return Work(self._path)


@contextmanager
def making(path: Path, shards: int) -> Iterator[Making]:
    """Gives a directory to be filled, emptied of what was never finished; UnusableTableError when it is another's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = {each for pattern in _OURS for each in path.glob(pattern)} | {path / f"{_MANIFEST}.new"}
    if others := set(path.iterdir()) - ours:
        raise UnusableTableError(
            f"{path} has other files in it, such as {min(others).name}", "Name a new directory with --into."
        )
    with (path / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnusableTableError(f"{path} is being made by another process", "Wait for that one.") from None
        for each in ours - {path / "lock"}:
            each.unlink(missing_ok=True)
        path.chmod(0o700)
        yield Making(path, shards)


def _shard(path: Path, number: int) -> Path:
    return path / f"shard-{number:04}.rows"


def _kept(path: Path, files: int, shard: Path) -> Iterator[Record]:
    """Yields the accounts of a shard, each once; those who share a number behind the others."""
    yield from _alone(path, files, shard)
    if (beside := shard.with_suffix(_BESIDE)).exists():
        yield from records(beside)


def _alone(path: Path, files: int, shard: Path) -> Iterator[Record]:
    repeated, shared = (Places.read(path, name, files).has for name in (_REPEATED, _SHARED))
    for record in records(shard):
        file, place = record[:2]
        if not (repeated(file, place) or shared(file, place)):
            yield record


def is_made(path: Path) -> bool:
    """Whether there is a whole one."""
    return (path / _MANIFEST).exists()
