"""Keys and their keeping, for what verifies tokens of one kind; the judgement is `xacthuc.tokens`'s."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from xacthuc.clock import SystemClock

try:
    from xacthuc.tokens.errors import KeysUnavailable, UnknownKey
    from xacthuc.tokens.freshness import Freshness, KeptKeys
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "cryptography":
        raise
    raise ModuleNotFoundError(
        "verifying tokens needs cryptography, which the client alone does not: pip install 'xacthuc[tokens]'",
        name="cryptography",
    ) from None

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from typing import TypeAlias

    from xacthuc.clock import Clock
    from xacthuc.tokens.keys import PublicKeys

    JwksSource: TypeAlias = "Callable[[], object]"
    AsyncJwksSource: TypeAlias = "Callable[[], Awaitable[object]]"

T = TypeVar("T")

_ASK_SECONDS: Final = 5
"""A source that hangs must not hold up the asyncio client's next request for ever."""


class Judge(ABC, Generic[T]):
    """What both kinds of verifiers share: whose tokens are believed, and the keys at hand."""

    def __init__(self, platform: str, issuer: str, clock: Clock | None, freshness: Freshness | None) -> None:
        self._platform = platform
        self._issuer = issuer
        self._clock = clock or SystemClock()
        self._kept = KeptKeys(freshness or Freshness())
        self._failure: Exception | None = None

    @property
    def fetch_time(self) -> datetime | None:
        """When the keys at hand were asked for: what to watch. None when there are none."""
        return self._kept.fetch_time

    @property
    def failure(self) -> Exception | None:
        """What the last request for keys raised; None when it brought some."""
        return self._failure

    def _keys(self) -> PublicKeys:
        keys = self._kept.usable(self._clock.now())
        if keys is None:
            raise KeysUnavailable from self._failure
        return keys

    def _read(self, token: str, keys: PublicKeys) -> T:
        # Asked anew: a token may have expired while its key was fetched.
        return self._stated(token, keys, self._clock.now())

    @abstractmethod
    def _stated(self, token: str, keys: PublicKeys, now: datetime) -> T:
        """Returns what a token says; raises a TokenError."""


class BlockingVerifier(Judge[T]):
    """Verifies tokens of one issuer for one platform; one serves all threads of a process.

    Keys are fetched with the first token and again as `Freshness` says, by the one caller who finds that they are due;
    others go on with the old ones. A token whose key is not known makes them be fetched once more.
    """

    def __init__(
        self,
        source: JwksSource,
        *,
        platform: str,
        issuer: str,
        clock: Clock | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        """Takes where the issuer's JWK Set is from, as a parsed document: `JwksUrl`, or a function of your own.

        Whatever the source raises counts as no answer; it should end within seconds. `platform` and `issuer` are what
        tokens must name.
        """
        super().__init__(platform, issuer, clock, freshness)
        self._source = source
        self._asking = threading.Lock()

    def verify(self, token: str) -> T:
        """Returns what a token states; raises a TokenError when it is not to be believed."""
        now = self._clock.now()
        if self._kept.usable(now) is None:
            self._ask(now, wait=True)
        elif self._kept.is_due(now):
            self._ask(now, wait=False)
        keys = self._keys()
        try:
            return self._read(token, keys)
        except UnknownKey:
            self._ask(now, wait=True)
            newer = self._keys()
            if newer is keys:
                raise
        return self._read(token, newer)

    def _ask(self, now: datetime, *, wait: bool) -> None:
        """Fetches the keys unless that was done just now; `wait` for a thread that is doing it, or go on without."""
        requests = self._kept.requests
        if not self._asking.acquire(blocking=wait):
            return
        try:
            if self._kept.requests == requests and self._kept.may_ask(now):
                self._kept.ask(now)
                self._kept.take(self._source(), now)
                self._failure = None
        except Exception as error:  # noqa: BLE001 - the platform's own code: whatever it raises, the keys at hand serve
            self._failure = error
        finally:
            self._asking.release()


class AsyncVerifier(Judge[T]):
    """The same for asyncio: one serves one event loop. Keys that are due are fetched in the background."""

    def __init__(
        self,
        source: AsyncJwksSource,
        *,
        platform: str,
        issuer: str,
        clock: Clock | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        """Takes the same as `BlockingVerifier`, but a source to be awaited, such as `JwksUrl(...).fetch`.

        It has 5 seconds to answer.
        """
        super().__init__(platform, issuer, clock, freshness)
        self._source = source
        self._asking: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> T:
        """Returns what a token states; raises a TokenError when it is not to be believed."""
        now = self._clock.now()
        if self._kept.is_due(now):
            self._begin(now)
        if self._kept.usable(now) is None:
            await self._answer()
        keys = self._keys()
        try:
            return self._read(token, keys)
        except UnknownKey:
            self._begin(now)
            await self._answer()
            newer = self._keys()
            if newer is keys:
                raise
        return self._read(token, newer)

    def _begin(self, now: datetime) -> None:
        if self._asking is None and self._kept.may_ask(now):
            self._kept.ask(now)
            self._asking = asyncio.create_task(self._ask(now), name="fetch the keys of tokens")

    async def _answer(self) -> None:
        # Shielded: one caller who gives up must not end the request for all.
        if self._asking is not None:
            await asyncio.shield(self._asking)

    async def _ask(self, asked: datetime) -> None:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                document = await self._source()
            self._kept.take(document, asked)
            self._failure = None
        except Exception as error:  # noqa: BLE001 - the platform's own code: whatever it raises, the keys at hand serve
            self._failure = error
        finally:
            self._asking = None
