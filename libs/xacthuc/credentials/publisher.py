"""Identity's side: signs records and puts them where every server finds them within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from xacthuc.credentials import records, sessions
from xacthuc.credentials.signing import SIGNATURE_BYTES, Record
from xacthuc.credentials.store import GENERATION, KEYS, SESSIONS, USED
from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from xacthuc.credentials.store import KeyStore, Shelf

R = TypeVar("R", bound=Record)

# Record and generation change together: a server that reads the new generation finds the new record. Several processes
# publish, each what it read from the database at its own time, so a record gives way only to one that is no older. Its
# version is read from the record itself: kept apart, the two could come to differ. What is not a record gives way to any.
_PUT: Final = b"""
local function version_of(stored)
  local read, record = pcall(cjson.decode, string.sub(stored, tonumber(ARGV[3]) + 1))
  return read and type(record) == 'table' and tonumber(record.version) or 0
end
local written = 0
for i = 5, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[1], ARGV[i])
  if not stored or version_of(stored) <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
    written = written + 1
  end
end
if written > 0 or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
  redis.call('PUBLISH', ARGV[2], ARGV[4])
end
return written
"""

_RECORDS_PER_TRIP: Final = 500
"""A longer script would hold up every challenge."""


_DROP: Final = b"""
if redis.call('HDEL', KEYS[1], unpack(ARGV, 3)) > 0 then
  redis.call('HSET', KEYS[1], '#', ARGV[2])
  redis.call('PUBLISH', ARGV[1], ARGV[2])
end
"""


class Publisher(Generic[R]):
    """Signs and writes the records of one kind."""

    def __init__(
        self, store: KeyStore, key: Ed25519PrivateKey, shelf: Shelf, sign: Callable[[R, Ed25519PrivateKey], bytes]
    ) -> None:
        self._store = store
        self._key = key
        self._shelf = shelf
        self._sign = sign

    async def publish(self, records: Collection[R]) -> None:
        """Writes `records`, replacing no newer ones of the same keys. Raises what the store raises.

        Publishing all records again is how a store that was lost is filled anew; it changes nothing otherwise, not even
        when they were read before a revocation that has been published since.
        """
        ordered = list(records)
        for start in range(0, len(ordered), _RECORDS_PER_TRIP):
            put: list[bytes | str | int] = [GENERATION, self._shelf.changed, SIGNATURE_BYTES, _generation()]
            for record in ordered[start : start + _RECORDS_PER_TRIP]:
                put += (record.id, record.version, self._sign(record, self._key))
            await self._run(_PUT, put)

    async def drop(self, ids: Collection[str]) -> None:
        """Removes records of what ended long ago; servers then take their secrets for unknown."""
        ordered = list(ids)
        for start in range(0, len(ordered), _RECORDS_PER_TRIP):
            some = ordered[start : start + _RECORDS_PER_TRIP]
            await self._run(_DROP, [self._shelf.changed, _generation(), *some])

    async def is_published(self) -> bool:
        """Returns whether the store holds records at all; when not, all have to be published again."""
        return await self._store.execute(b"HGET", self._shelf.records, GENERATION) is not None

    async def _run(self, script: bytes, arguments: list[bytes | str | int]) -> None:
        records = self._shelf.records
        await self._store.execute(b"EVAL", script, 1, records, *arguments, key=records)


class KeyPublisher(Publisher[records.KeyRecord]):
    """Of platform keys."""

    def __init__(self, store: KeyStore, key: Ed25519PrivateKey) -> None:
        super().__init__(store, key, KEYS, records.sign)


class SessionPublisher(Publisher[sessions.SessionRecord]):
    """Of the staff's sessions."""

    def __init__(self, store: KeyStore, key: Ed25519PrivateKey) -> None:
        super().__init__(store, key, SESSIONS, sessions.sign)

    async def drop(self, ids: Collection[str]) -> None:
        """Removes sessions, and when they were used."""
        await super().drop(ids)
        if ids:
            await self._store.execute(b"HDEL", USED, *ids)


def _generation() -> str:
    # Drawn, not counted: a store that was lost and filled anew would come to the same count with other records.
    return encode(random_bytes(12))
