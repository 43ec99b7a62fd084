"""The standing of an account: what it may do on its platform for the next minute at most.

A platform's edge that holds one lets an action pass without a call. It only ever says yes: what it does not list is
not refused but asked for, because who has just verified must be able to post at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.tokens import statement
from xacthuc.tokens.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.tokens.keys import PublicKeys
    from xacthuc.tokens.signer import Signer

KIND: Final = statement.Kind(typ="xacthuc-standing+jwt", longest_life=timedelta(seconds=60))
"""60 s is the longest an answer of CheckAction may be kept (docs/decisions/0014-facts-not-decisions.md)."""

_ACTION: Final = re.compile(r"[A-Z][A-Z_]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an account may do until `expire_time`."""

    account: str = field(repr=False)
    """The platform's own id of the account."""
    actions: frozenset[str]
    """The names that are allowed, as in the contract's `Action`."""
    policy_version: str
    issue_time: datetime
    expire_time: datetime


def issue(
    signer: Signer,
    *,
    platform: str,
    account: str,
    actions: Iterable[str],
    policy_version: str,
    now: datetime,
    ttl: timedelta,
) -> str | None:
    """Returns a standing, good from `now` for at most `ttl` (at most 60 s); None when that rounds down to nothing.

    `ttl` is the shortest `cache_ttl` among the decisions behind `actions`, made at `now`. ValueError when an action is
    not spelled like one.
    """
    allowed = sorted(actions)
    if not all(map(_ACTION.fullmatch, allowed)):
        raise ValueError("an action is spelled in capitals, as in the contract")
    own = {"policy": policy_version, "acts": allowed}
    return signer.sign(KIND, audience=platform, subject=account, own=own, now=now, ttl=ttl)


def verify(token: str, *, platform: str, issuer: str, keys: PublicKeys, now: datetime) -> Standing:
    """Returns the standing that a token states; raises a TokenError when it is not to be believed at `now`."""
    expected = statement.Expected(kind=KIND, issuer=issuer, audience=platform)
    claims = statement.verify(token, expected, keys, now)
    policy_version, actions = claims.own.get("policy"), claims.own.get("acts")
    if not isinstance(policy_version, str) or not isinstance(actions, list):
        raise Malformed
    allowed = frozenset(each for each in actions if isinstance(each, str))
    if len(allowed) != len(actions):
        raise Malformed
    return Standing(
        account=claims.subject,
        actions=allowed,
        policy_version=policy_version,
        issue_time=claims.issue_time,
        expire_time=claims.expire_time,
    )
