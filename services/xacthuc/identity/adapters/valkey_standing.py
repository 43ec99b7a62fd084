"""Facts in Valkey, under a keyed hash, so that no id and nothing personal can be read there.

    s:{<hash>}   the facts as `standing_bytes.py` has them, with when they were read; kept as the filler says
    l:{<hash>}   the lease: random bytes of whoever may fill, kept for seconds

The braces put both into one slot of a Cluster. Expiry only tidies up; how old facts may be is decided by whoever reads.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.standing_bytes import Decoder, encode
from xacthuc.identity.ports.standing import StandingUnavailable
from xacthuc.ids import random_bytes
from xacthuc.valkey import Script
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.ports.standing import Standing, StandingColumns
    from xacthuc.valkey import Store

LEASE: Final = timedelta(seconds=5)
"""Beyond the slowest read of the database, so that a reader that died stands in nobody's way for long."""

_FILL: Final = Script(
    "fill",
    """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
    redis.call('DEL', KEYS[1])
    return 1
    """,
)


_DROPPED_AT_ONCE: Final = 256
"""Keys in one command: it takes a server less than others wait anyway."""


class ValkeyStanding:
    """The port `StandingStore`."""

    def __init__(self, store: Store, personal: PersonalData) -> None:
        """Takes the cache, and what names accounts in it."""
        self._store = store
        self._names = personal.standing
        self._decoder = Decoder()
        self._lease_ms = LEASE // timedelta(milliseconds=1)

    async def read(self, platform: str, account_id: str) -> Standing | None:
        """Reads in one trip that is shared with every other read of this tick."""
        try:
            kept = await self._store.execute(b"GET", f"s:{{{self._name(platform, account_id)}}}")
        except StoreError:
            raise StandingUnavailable from None
        return self._decoder.one(kept)

    async def read_all(self, platform: str, account_ids: Collection[str]) -> StandingColumns:
        """Reads in one trip to each server."""
        names = self._names.of(platform, account_ids)
        return self._decoder.all(await self._store.get([f"s:{{{name}}}" for name in names]))

    async def lease(self, platform: str, account_ids: Sequence[str]) -> dict[str, bytes]:
        """Takes the leases that are free."""
        tokens = [random_bytes(16) for _ in account_ids]
        waiting = [
            self._store.execute(b"SET", f"l:{{{name}}}", token, b"NX", b"PX", self._lease_ms)
            for name, token in zip(self._names.of(platform, account_ids), tokens, strict=True)
        ]
        replies = await asyncio.gather(*waiting, return_exceptions=True)
        return {
            account_id: token
            for account_id, token, reply in zip(account_ids, tokens, replies, strict=True)
            if reply is not None and not isinstance(reply, BaseException)
        }

    async def fill(self, platform: str, account_id: str, lease: bytes, standing: Standing, kept_ms: int) -> None:
        """Compares the lease and keeps the facts in one step."""
        name = self._name(platform, account_id)
        try:
            await self._store.run(_FILL, [f"l:{{{name}}}", f"s:{{{name}}}"], [lease, encode(standing), kept_ms])
        except StoreError:
            raise StandingUnavailable from None

    async def drop(self, platform: str, account_ids: Collection[str]) -> None:
        """Drops all, under every name a server may know it by, even when some of it fails."""
        slots: dict[int, list[str]] = {}
        for name in self._names.every(platform, account_ids):
            lease, facts = f"l:{{{name}}}", f"s:{{{name}}}"
            slots.setdefault(self._store.slot_of(facts), []).extend((lease, facts))
        waiting = [
            self._store.execute(b"DEL", *keys[start : start + _DROPPED_AT_ONCE])
            for keys in slots.values()
            for start in range(0, len(keys), _DROPPED_AT_ONCE)
        ]
        failed = False
        for reply in waiting:
            try:
                await reply
            except StoreError:
                failed = True
        if failed:
            raise StandingUnavailable

    def _name(self, platform: str, account_id: str) -> str:
        return self._names.of(platform, (account_id,))[0]
