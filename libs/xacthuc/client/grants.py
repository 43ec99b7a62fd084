"""Grants checked where they are used: a media edge lets a broadcast on air without a call. Needs the extra `xacthuc[tokens]`.

    from xacthuc.client.grants import GrantVerifier, TokenError

    verifier = GrantVerifier(xacthuc.livestream.get_jwks, platform="forum", issuer="https://live.example.vn")
    try:
        grant = verifier.verify(token)
    except TokenError:
        cut(broadcast)
    else:
        on_air = grant.covers(broadcast_id, account) and (grant.commercial or not goods_are_shown)

A grant lasts minutes; the edge also follows `watch_revocations`, which ends one at once (docs/livestream.md).
`AsyncGrantVerifier` is the same for asyncio. An edge that holds no platform key fetches the same keys from
`JwksUrl("https://.../.well-known/broadcast-jwks.json")`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.verifying import AsyncVerifier, BlockingVerifier, Judge
from xacthuc.tokens import broadcast
from xacthuc.tokens.errors import TokenError
from xacthuc.tokens.freshness import Freshness
from xacthuc.tokens.sources import JwksUrl

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.tokens.keys import PublicKeys

__all__ = ["AsyncGrantVerifier", "Freshness", "GrantVerifier", "JwksUrl", "TokenError", "VerifiedGrant"]


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
