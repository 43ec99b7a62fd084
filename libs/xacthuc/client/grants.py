"""Grants checked where they are used: a media edge lets a broadcast on air without a call. Needs the extra `xacthuc[tokens]`.

    from xacthuc.client.grants import GrantVerifier, TokenError

    verifier = GrantVerifier(xacthuc.livestream.get_jwks, platform="forum", issuer="https://live.example.vn")
    try:
        grant = verifier.verify(token)
    except TokenError:
        cut(broadcast)
    else:
        on_air = grant.covers(broadcast_id, account) and (grant.commercial or not goods_are_shown)

A grant lasts minutes; the edge also follows `watch_revocations`, which ends one at once, and remembers in `RevokedGrants`
what it heard: the grant outlives it (docs/livestream.md).
`AsyncGrantVerifier` is the same for asyncio. For an edge that holds no platform key, publish the same keys yourself and
have them fetched from there by `JwksUrl("https://...")`: the service answers gRPC with a key alone.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.client.livestream_enums import Ruling
from xacthuc.client.verifying import AsyncVerifier, BlockingVerifier, Judge
from xacthuc.clock import SystemClock
from xacthuc.tokens import broadcast
from xacthuc.tokens.errors import TokenError
from xacthuc.tokens.freshness import Freshness
from xacthuc.tokens.sources import JwksUrl

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.client.results import Broadcast, Revocation
    from xacthuc.clock import Clock
    from xacthuc.tokens.keys import PublicKeys

__all__ = [
    "AsyncGrantVerifier",
    "Freshness",
    "GrantVerifier",
    "JwksUrl",
    "RevokedGrants",
    "TokenError",
    "VerifiedGrant",
]

_REMEMBERED: Final = broadcast.KIND.longest_life + timedelta(minutes=1)
"""Every grant that was made before has run out by then, whatever the clocks say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedGrant:
    """Leave to be on air until `expire_time`."""

    broadcast_id: str
    account: str = field(repr=False)
    """The platform's own id of the account."""

    commercial: bool
    """Whether it lets anything be sold."""

    policy_version: str
    issue_time: datetime
    expire_time: datetime

    def covers(self, broadcast_id: str, account: str) -> bool:
        """Whether it is for this broadcast of this account: the token says nothing of who sends it."""
        return (broadcast_id, account) == (self.broadcast_id, self.account)


class _Grants(Judge[VerifiedGrant]):
    def _stated(self, token: str, keys: PublicKeys, now: datetime) -> VerifiedGrant:
        stated = broadcast.verify(token, platform=self._platform, issuer=self._issuer, keys=keys, now=now)
        return VerifiedGrant(
            broadcast_id=stated.broadcast,
            account=stated.account,
            commercial=stated.commercial,
            policy_version=stated.policy_version,
            issue_time=stated.issue_time,
            expire_time=stated.expire_time,
        )


class GrantVerifier(_Grants, BlockingVerifier[VerifiedGrant]):
    """Verifies grants of one issuer for one platform; one serves all threads of a process."""


class AsyncGrantVerifier(_Grants, AsyncVerifier[VerifiedGrant]):
    """The same for asyncio: one serves one event loop."""


class RevokedGrants:
    """What an edge remembers of what was taken back, for as long as a grant may last that was made before.

        revoked.add(revocation)        # each that watch_revocations tells
        revoked.end(broadcast)         # each that end_broadcast returns
        grant = revoked.left_of(verifier.verify(token))

    One serves all threads of a process. It begins empty: after a restart an edge looks at `list_broadcasts` first.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        """Remembers nothing yet."""
        self._clock = clock or SystemClock()
        self._cut: dict[str, datetime] = {}
        self._hidden: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def add(self, revocation: Revocation) -> None:
        """Remembers a revocation; the same one may come twice."""
        hidden = revocation.ruling is Ruling.HIDE_GOODS
        self._remember(self._hidden if hidden else self._cut, revocation.broadcast, revocation.occur_time)

    def end(self, broadcast: Broadcast) -> None:
        """Remembers a broadcast that the platform ended itself: nobody is told of it."""
        self._remember(self._cut, broadcast.name, self._clock.now())

    def left_of(self, grant: VerifiedGrant) -> VerifiedGrant | None:
        """Returns what a grant still says: None once its broadcast was cut or ended, without goods once they were hidden.

        Its times are whole seconds. One made in the second of a revocation counts as made before.
        """
        name = f"broadcasts/{grant.broadcast_id}"
        with self._lock:
            cut, hidden = self._cut.get(name), self._hidden.get(name)
        if cut is not None and grant.issue_time <= cut:
            return None
        if hidden is not None and grant.issue_time <= hidden:
            return replace(grant, commercial=False)
        return grant

    def _remember(self, times: dict[str, datetime], name: str, at: datetime) -> None:
        long_ago = self._clock.now() - _REMEMBERED
        with self._lock:
            # What was told last stands last, and what is first is the oldest.
            times[name] = max(at, times.pop(name, at))
            while times and times[oldest := next(iter(times))] < long_ago:
                del times[oldest]
