"""Standings checked where they are used: an edge lets a post pass without a call. Needs the extra `xacthuc[tokens]`.

    from xacthuc.client import Action
    from xacthuc.client.standing import StandingVerifier, TokenError

    verifier = StandingVerifier(xacthuc.identity.get_jwks, platform="forum", issuer="https://id.example.vn")
    try:
        passes = verifier.verify(token).allows(Action.POST)
    except TokenError:
        passes = False
    if passes or xacthuc.identity.check_action("an", Action.POST).allowed:
        publish()

A standing only says yes. What it does not list, and whatever is the matter with a token, is asked by `check_action`.
An edge that holds no platform key fetches the same keys from `JwksUrl("https://.../.well-known/jwks.json")`.
`AsyncStandingVerifier` is the same for asyncio. Owns the keeping of keys; the judgement is `xacthuc.tokens`'s.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.client.enums import Action
from xacthuc.clock import SystemClock

try:
    from xacthuc.tokens import standing
    from xacthuc.tokens.errors import (
        BadSignature,
        Expired,
        KeysUnavailable,
        Malformed,
        NotYetValid,
        TokenError,
        UnknownKey,
        WrongAudience,
        WrongIssuer,
        WrongType,
    )
    from xacthuc.tokens.freshness import Freshness, KeptKeys
    from xacthuc.tokens.sources import JwksUrl
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

__all__ = [
    "AsyncStandingVerifier",
    "BadSignature",
    "Expired",
    "Freshness",
    "JwksUrl",
    "KeysUnavailable",
    "Malformed",
    "NotYetValid",
    "Standing",
    "StandingVerifier",
    "TokenError",
    "UnknownKey",
    "WrongAudience",
    "WrongIssuer",
    "WrongType",
]

_ACTIONS: Final = Action.__members__

_ASK_SECONDS: Final = 5
"""A source that hangs must not hold up the asyncio client's next request for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an account may do until `expire_time`, and for whom that is known."""

    account: str = field(repr=False)
    """The platform's own id of the account. Compare it with whoever acts: the token says nothing of who sent it."""

    actions: frozenset[Action]
    """What is allowed; without actions this client has no name for."""

    policy_version: str
    issue_time: datetime
    expire_time: datetime

    def allows(self, action: Action) -> bool:
        """Whether the action may pass without a call. When not, that is no refusal: ask `check_action`."""
        return action in self.actions


class _Judge:
    """What both verifiers share: whose tokens are believed, and the keys at hand."""

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

    def _read(self, token: str, keys: PublicKeys) -> Standing:
        # Asked anew: a token may have expired while its key was fetched.
        now = self._clock.now()
        stated = standing.verify(token, platform=self._platform, issuer=self._issuer, keys=keys, now=now)
        return Standing(
            account=stated.account,
            actions=frozenset(_ACTIONS[name] for name in stated.actions if name in _ACTIONS),
            policy_version=stated.policy_version,
            issue_time=stated.issue_time,
            expire_time=stated.expire_time,
        )


class StandingVerifier(_Judge):
    """Verifies standings of one issuer for one platform; one serves all threads of a process.

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

    def verify(self, token: str) -> Standing:
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


class AsyncStandingVerifier(_Judge):
    """`StandingVerifier` for asyncio: one serves one event loop. Keys that are due are fetched in the background."""

    def __init__(
        self,
        source: AsyncJwksSource,
        *,
        platform: str,
        issuer: str,
        clock: Clock | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        """Takes the same as `StandingVerifier`, but a source to be awaited, such as `JwksUrl(...).fetch`.

        It has 5 seconds to answer.
        """
        super().__init__(platform, issuer, clock, freshness)
        self._source = source
        self._asking: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> Standing:
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
            self._asking = asyncio.create_task(self._ask(now), name="fetch the keys of standing tokens")

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
