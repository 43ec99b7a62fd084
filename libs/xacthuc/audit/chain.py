"""How the trail is sealed, pure: the digest of an entry, the seal of a batch, and the chain that ties each seal to all before it.

Everything hashed begins with a name of what it is, and every part with its length, so that no two different contents are
the same bytes (RFC 6962 section 2.1 says why hashes of one kind must never be hashes of another). The formats are those of
docs/record.md: anybody can compute them again with SHA-256 alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DIGEST_BYTES: Final = 32
ORIGIN: Final = bytes(DIGEST_BYTES)
"""What the first seal is tied to."""
GONE: Final = bytes(DIGEST_BYTES)
"""In place of a digest: the entry was written, and was gone before it could be sealed."""

_ENTRY: Final = b"xacthuc.audit.entry.1"
_SEAL: Final = b"xacthuc.audit.seal.1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as it is sealed: every column of its row."""

    id: int
    time: datetime
    tag: str
    platform: str
    subject: str
    actor: str
    request_id: str
    trace_id: str
    detail: str
    """`canonical` JSON."""

    def digest(self) -> bytes:
        """Returns what the entry is sealed by."""
        texts = (self.tag, self.platform, self.subject, self.actor, self.request_id, self.trace_id, self.detail)
        return hashlib.sha256(
            packed(_ENTRY, whole(self.id), whole(micros(self.time)), *(text.encode() for text in texts))
        ).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A batch of entries, sealed together and tied to all batches before."""

    number: int
    """1 and up, without gaps."""
    time: datetime
    entries: int
    """How many are sealed up to here, these included."""
    ids: Sequence[int]
    digests: Sequence[bytes]
    """One for each id."""
    chain: bytes

    def expected(self, previous: bytes) -> bytes:
        """Returns what `chain` has to be behind a seal whose chain is `previous`."""
        return hashlib.sha256(
            packed(
                _SEAL,
                previous,
                whole(self.number),
                whole(micros(self.time)),
                whole(self.entries),
                b"".join(map(whole, self.ids)),
                *self.digests,
            )
        ).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a chain stands."""

    number: int = 0
    entries: int = 0
    chain: bytes = ORIGIN

    def sealed(self, lines: Mapping[int, Line], ids: Sequence[int], now: datetime) -> Seal:
        """Returns the next seal, of the entries `ids`; whichever of them has no line is sealed as gone."""
        digests = [lines[each].digest() if each in lines else GONE for each in ids]
        number, entries = self.number + 1, self.entries + len(ids)
        seal = Seal(number=number, time=now, entries=entries, ids=ids, digests=digests, chain=b"")
        return Seal(number=number, time=now, entries=entries, ids=ids, digests=digests, chain=seal.expected(self.chain))


def canonical(detail: object) -> str:
    """Returns the one spelling of a JSON value: sorted names, no spaces, nothing escaped that need not be."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def micros(instant: datetime) -> int:
    """Returns microseconds since the Unix epoch, as exact as PostgreSQL keeps an instant."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """Returns the instant behind `micros`."""
    return _EPOCH + microseconds * _MICROSECOND


def whole(number: int) -> bytes:
    """Returns a number of 64 bits."""
    return number.to_bytes(8, "big", signed=True)


def packed(*parts: bytes) -> bytes:
    """Returns the parts, each behind its length."""
    return b"".join(_lengths_first(parts))


def _lengths_first(parts: Iterable[bytes]) -> Iterable[bytes]:
    for part in parts:
        yield len(part).to_bytes(4, "big")
        yield part
