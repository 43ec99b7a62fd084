"""Identity's side: signs records and puts them where every server finds them within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.credentials.records import sign
from xacthuc.credentials.store import CHANGED, GENERATION, RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from xacthuc.credentials.records import KeyRecord
    from xacthuc.credentials.store import KeyStore

# Record and generation change together: a server that reads the new generation finds the new record.
_PUT: Final = b"""
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
local generation = redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PUBLISH', ARGV[2], generation)
return generation
"""

_FIELDS_PER_TRIP: Final = 500
"""Records a trip: `unpack` is bounded by Lua's stack, and a long script would hold up every challenge."""


class KeyPublisher:
    """Signs and writes key records."""

    def __init__(self, store: KeyStore, key: Ed25519PrivateKey) -> None:
        self._store = store
        self._key = key

    async def publish(self, records: Collection[KeyRecord]) -> None:
        """Writes `records`, replacing older ones of the same keys. Raises what the store raises.

        Publishing all records again is how a store that was lost is filled anew; it changes nothing otherwise.
        """
        ordered = list(records)
        for start in range(0, len(ordered), _FIELDS_PER_TRIP):
            pairs: list[bytes | str] = []
            for record in ordered[start : start + _FIELDS_PER_TRIP]:
                pairs += (record.key_id, sign(record, self._key))
            await self._store.execute(b"EVAL", _PUT, 1, RECORDS, GENERATION, CHANGED, *pairs, key=RECORDS)

    async def is_published(self) -> bool:
        """Returns whether the store holds records at all; when not, all have to be published again."""
        return await self._store.execute(b"HGET", RECORDS, GENERATION) is not None
