"""The grant of a broadcast: leave to be on air for some minutes, which the platform's media edge verifies without a call.

It names the broadcast, the account that may appear in it and whether anything may be sold. An edge that hears of a
revocation does not wait for the end of the grant; one that hears of nothing, since the network is down, has that end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.tokens import statement
from xacthuc.tokens.errors import Malformed

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.tokens.keys import PublicKeys
    from xacthuc.tokens.signer import Signer

KIND: Final = statement.Kind(typ="xacthuc-broadcast+jwt", longest_life=timedelta(minutes=15))
"""The policy's `livestream.grant_seconds` is no longer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave to be on air until `expire_time`."""

    broadcast: str
    """The platform's own id of the broadcast."""
    account: str = field(repr=False)
    """The platform's own id of the account."""
    commercial: bool
    policy_version: str
    issue_time: datetime
    expire_time: datetime


def audience(platform: str) -> str:
    """Returns whom grants of a platform are for: its media edge alone, so that nobody takes one for another statement."""
    return f"{platform}/media-edge"


def issue(
    signer: Signer,
    *,
    platform: str,
    broadcast: str,
    account: str,
    commercial: bool,
    policy_version: str,
    now: datetime,
    ttl: timedelta,
) -> str | None:
    """Returns a grant, good from `now` for at most `ttl`; None when that rounds down to nothing."""
    own = {"cast": broadcast, "sell": commercial, "policy": policy_version}
    return signer.sign(KIND, audience=audience(platform), subject=account, own=own, now=now, ttl=ttl)


def verify(token: str, *, platform: str, issuer: str, keys: PublicKeys, now: datetime) -> Grant:
    """Returns what a grant states; raises a TokenError when it is not to be believed at `now`."""
    expected = statement.Expected(kind=KIND, issuer=issuer, audience=audience(platform))
    claims = statement.verify(token, expected, keys, now)
    broadcast, commercial, policy_version = (claims.own.get(name) for name in ("cast", "sell", "policy"))
    if not isinstance(broadcast, str) or not isinstance(commercial, bool) or not isinstance(policy_version, str):
        raise Malformed
    return Grant(
        broadcast=broadcast,
        account=claims.subject,
        commercial=commercial,
        policy_version=policy_version,
        issue_time=claims.issue_time,
        expire_time=claims.expire_time,
    )
