"""The access token a worker sends with, renewed in time by one worker for all.

A pair is renewed when a fifth of its life is left, or at once when Zalo refuses its access token. The right to renew
lies in the store (vault.py), and the new pair is written there before anybody uses it. If a worker dies after Zalo has
answered and before the write, that pair is lost, which nothing can prevent: the old access token then lasts for the
fifth that is left, and `xacthuc_zns_token_seconds` runs down to zero unless an operator gives a new token. A token in
the file that was never used takes precedence over what the store has.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from xacthuc.ids import encode, random_bytes
from xacthuc.otp.delivery.adapters.zns.refresh import NoPair, refreshed
from xacthuc.otp.delivery.adapters.zns.vault import Kept, Vault
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.ground import Ground
    from xacthuc.otp.delivery.adapters.http_exchange import Exchange
    from xacthuc.otp.delivery.adapters.zns.vault import Pair
    from xacthuc.otp.delivery.adapters.zns.zns_file import ZnsFile

_log: Final = get_logger()

RENEWED_AFTER: Final = 0.8
"""Of the life of an access token: with 25 hours, five are left to find a person who can give a new one."""

_YOUNG_MS: Final = 60_000
"""A pair that is refused so soon after it was made has not run out: another would be refused as well."""

_AFTER_REFUSAL_MS: Final = 60_000
_AFTER_DOUBT_MS: Final = 10_000
_LOOK_SECONDS: Final = 5.0
_EAGER_LOOK_SECONDS: Final = 0.1
_WAIT_SECONDS: Final = 2.0
"""How long a message waits for a token: a person waits for the message, and other providers can send it."""
_WRITE_PAUSE_SECONDS: Final = 0.5
_LAST_SECONDS: Final = 10.0
_MOST_REQUESTS: Final = 3
_SPARE_SECONDS: Final = 2.0


class Tokens:
    """The tokens of one account, as one worker sees them."""

    def __init__(self, described: ZnsFile, exchange: Exchange, clock: Clock) -> None:
        """Has no token before `keep` runs."""
        self._described = described
        self._exchange = exchange
        self._clock = clock
        self._seed = described.secrets["refresh_token"]
        self._seed_digest = blake2b(self._seed.encode(), digest_size=9).hexdigest()
        self._seed_refused = False
        self._owner = encode(random_bytes(9))
        self._lease_seconds = _MOST_REQUESTS * exchange.longest_seconds + _SPARE_SECONDS
        self._kept = Kept(None, 0, ())
        self._refused_version = 0
        self._again_ms = 0
        self._waiting = 0
        self._asked = asyncio.Event()
        self._changed = asyncio.Event()

    async def access(self, refused: int = 0) -> tuple[str, int] | None:
        """Returns the access token and its version, newer than `refused`; None when there is none within 2 s.

        `refused` is the version of a token that Zalo has just refused, 0 for none.
        """
        self._refused_version = max(self._refused_version, refused)
        self._waiting += 1
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while (found := self._newer_than(refused)) is None and self._hopeful():
                    self._asked.set()
                    await self._changed.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
        return found

    async def keep(self, ground: Ground) -> None:
        """Keeps a good token at hand until canceled."""
        vault = Vault(self._described.name, ground.store, ground.sealer)
        while True:
            try:
                await self._look(vault)
            except StoreError as error:
                _log.warning("zns_tokens_not_read", provider=self._described.name, cause=str(error))
            ground.token_left(self._described.name, self._left_seconds())
            self._asked.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_EAGER_LOOK_SECONDS if self._waiting else _LOOK_SECONDS):
                    await self._asked.wait()

    async def _look(self, vault: Vault) -> None:
        self._know(await vault.read())
        now_ms = self._clock.now_ms()
        if not self._due() or now_ms < self._again_ms:
            return
        if await vault.lease(self._owner, now_ms + round(self._lease_seconds * 1000), now_ms):
            await _uninterrupted(self._renew(vault))

    async def _renew(self, vault: Vault) -> None:
        """Renews the pair, unless somebody has done so between the look and the lease."""
        kept = await vault.read()
        self._know(kept)
        if not self._due():
            await vault.give_up(self._owner)
            return
        for token in self._candidates():
            bought = await refreshed(self._described, self._exchange, self._clock, token)
            if not isinstance(bought, NoPair):
                await self._put(vault, kept, bought, self._seed_digest if token == self._seed else "")
                return
            _log.warning("zns_token_not_renewed", provider=self._described.name, cause=bought.cause)
            if not bought.refused:
                self._again_ms = self._clock.now_ms() + _AFTER_DOUBT_MS
                break
            self._seed_refused |= token == self._seed
        else:
            await self._all_refused(vault, kept)
        self._wake()
        await vault.give_up(self._owner)

    async def _put(self, vault: Vault, kept: Kept, pair: Pair, seed: str) -> None:
        """Insists: the pair exists nowhere else."""
        while True:
            try:
                await vault.put(self._owner, kept, pair, seed)
                self._know(await vault.read())
            except StoreError as error:
                _log.error("zns_token_not_written", provider=self._described.name, cause=str(error))
                await asyncio.sleep(_WRITE_PAUSE_SECONDS)
            else:
                self._again_ms = 0
                _log.info("zns_token_renewed", provider=self._described.name, version=self._kept.version)
                return

    async def _all_refused(self, vault: Vault, kept: Kept) -> None:
        self._know(await vault.read())
        if self._kept.version != kept.version:
            return  # another worker renewed it, and so used the token up before us
        self._again_ms = self._clock.now_ms() + _AFTER_REFUSAL_MS
        # The one event an operator has to act upon: give a new refresh token before the access token runs out.
        _log.error("zns_tokens_refused", provider=self._described.name, seconds_left=round(self._left_seconds()))

    def _due(self) -> bool:
        pair, now_ms = self._kept.pair, self._clock.now_ms()
        if pair is None or self._seed_is_new():
            return True
        if now_ms >= pair.made_ms + (pair.until_ms - pair.made_ms) * RENEWED_AFTER:
            return True
        return self._refused_version == self._kept.version and not self._young(pair)

    def _candidates(self) -> list[str]:
        pair = self._kept.pair
        known = [pair.refresh, pair.previous] if pair else []
        seed = [self._seed] if self._seed_is_new() else []
        return list(dict.fromkeys([*seed, *known]))

    def _seed_is_new(self) -> bool:
        # One that was refused is tried again while there is nothing else: what it was refused for may pass.
        given_up = self._seed_refused and self._kept.pair is not None
        return self._seed_digest not in self._kept.seeds and not given_up

    def _young(self, pair: Pair | None) -> bool:
        return pair is not None and self._clock.now_ms() - pair.made_ms < _YOUNG_MS

    def _know(self, kept: Kept) -> None:
        changed = kept.version != self._kept.version
        self._kept = kept
        if changed:
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _hopeful(self) -> bool:
        return self._clock.now_ms() >= self._again_ms and not self._young(self._kept.pair)

    def _newer_than(self, refused: int) -> tuple[str, int] | None:
        kept = self._kept
        return (kept.pair.access, kept.version) if kept.pair is not None and kept.version > refused else None

    def _left_seconds(self) -> float:
        pair = self._kept.pair
        return max(0.0, (pair.until_ms - self._clock.now_ms()) / 1000) if pair else 0.0


async def _uninterrupted(step: Coroutine[None, None, None]) -> None:
    """Lets a renewal that has begun come to its end, also while the worker stops: Zalo may have used the token up."""
    task = asyncio.create_task(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(_LAST_SECONDS):
                await task
        raise
