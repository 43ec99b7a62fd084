"""Where the tokens of an Official Account lie: sealed, in one hash of the store, with the right to renew them.

A refresh token is good for one use, so a pair that replaced another exists only in the answer that brought it until it
is written here. The write is therefore guarded by the version it follows and not by the right to renew: whoever lost
that right in between still has the only good pair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS
from xacthuc.sealing import UnsealError
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import PRELUDE, Script

if TYPE_CHECKING:
    from xacthuc.sealing import Sealer
    from xacthuc.valkey import Store

_log: Final = get_logger()

_MOST_SEEDS: Final = 8
"""Digests that are remembered, newest last: enough that no server still carries an older file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An access token and what renews it. Instants are milliseconds since the epoch."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    previous: str = field(repr=False)
    """The refresh token this pair was bought with, tried once more when `refresh` is refused."""
    made_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has."""

    pair: Pair | None
    version: int
    """Grows with each pair; 0 before the first."""
    seeds: tuple[str, ...]
    """Digests of the tokens from files that were used."""


class Vault:
    """The tokens of one account."""

    def __init__(self, provider: str, store: Store, sealer: Sealer) -> None:
        """`provider` names the account."""
        self._key = f"zns:{{{provider}}}"
        self._context = f"zns-tokens\0{provider}".encode()
        self._store = store
        self._sealer = sealer
        folder = Path(__file__).parent
        self._lease = Script.from_file(folder / "token_lease.lua", PRELUDE)
        self._put = Script.from_file(folder / "token_put.lua", PRELUDE)

    async def read(self) -> Kept:
        """Returns what is kept. A pair that does not open counts as none: it was sealed under a key that is gone."""
        sealed, version, seeds = await self._store.execute("HMGET", self._key, "s", "v", "d")
        used = tuple(seeds.decode().split(",")) if seeds else ()
        return Kept(self._open(sealed) if sealed else None, int(version or 0), used)

    async def lease(self, owner: str, until_ms: int, now_ms: int) -> bool:
        """Takes the right to renew until then, unless somebody else has it."""
        arguments = (now_ms, CLOCK_TOLERANCE_MS, owner, until_ms)
        return bool(await self._store.run(self._lease, (self._key,), arguments))

    async def put(self, owner: str, after: Kept, pair: Pair, seed: str) -> int:
        """Keeps the pair that follows `after` and gives the right back; returns its version, 0 when another followed.

        `seed` is the digest of the file's token when that was used, else empty. The same pair may be put again by
        whoever got no answer: it is then told 0, and finds its own pair by reading.
        """
        seeds = ",".join((*after.seeds, seed)[-_MOST_SEEDS:]) if seed else ",".join(after.seeds)
        sealed = self._sealer.seal(orjson.dumps(pair), self._context)
        return int(await self._store.run(self._put, (self._key,), (owner, after.version, sealed, seeds)))

    async def give_up(self, owner: str) -> None:
        """Gives the right to renew back, for want of a new pair."""
        await self._store.run(self._put, (self._key,), (owner, 0, "", ""))

    def _open(self, sealed: bytes) -> Pair | None:
        try:
            return Pair(**orjson.loads(self._sealer.open(sealed, self._context)))
        except UnsealError:
            _log.error("zns_tokens_sealed_by_another_key")
            return None
