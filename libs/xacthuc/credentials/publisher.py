"""Identity's side: signs records and puts them where every server finds them within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.credentials.records import SIGNATURE_BYTES, sign
from xacthuc.credentials.store import CHANGED, GENERATION, RECORDS
from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from xacthuc.credentials.records import KeyRecord
    from xacthuc.credentials.store import KeyStore

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


class KeyPublisher:
    """Signs and writes key records."""

    def __init__(self, store: KeyStore, key: Ed25519PrivateKey) -> None:
        self._store = store
        self._key = key

    async def publish(self, records: Collection[KeyRecord]) -> None:
        """Writes `records`, replacing no newer ones of the same keys. Raises what the store raises.

        Publishing all records again is how a store that was lost is filled anew; it changes nothing otherwise, not even
        when they were read before a revocation that has been published since.
        """
        ordered = list(records)
        for start in range(0, len(ordered), _RECORDS_PER_TRIP):
            # Drawn, not counted: a store that was lost and filled anew would come to the same count with other records.
            put: list[bytes | str | int] = [GENERATION, CHANGED, SIGNATURE_BYTES, encode(random_bytes(12))]
            for record in ordered[start : start + _RECORDS_PER_TRIP]:
                put += (record.key_id, record.version, sign(record, self._key))
            await self._store.execute(b"EVAL", _PUT, 1, RECORDS, *put, key=RECORDS)

    async def is_published(self) -> bool:
        """Returns whether the store holds records at all; when not, all have to be published again."""
        return await self._store.execute(b"HGET", RECORDS, GENERATION) is not None
