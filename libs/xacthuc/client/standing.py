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
For an edge that holds no platform key, publish the same keys yourself and have them fetched from there by
`JwksUrl("https://...")`: the service answers gRPC with a key alone.
`AsyncStandingVerifier` is the same for asyncio.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.client.enums import Action
from xacthuc.client.verifying import AsyncVerifier, BlockingVerifier, Judge
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
from xacthuc.tokens.freshness import Freshness
from xacthuc.tokens.sources import JwksUrl

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.tokens.keys import PublicKeys

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


class _Standings(Judge[Standing]):
    def _stated(self, token: str, keys: PublicKeys, now: datetime) -> Standing:
        stated = standing.verify(token, platform=self._platform, issuer=self._issuer, keys=keys, now=now)
        return Standing(
            account=stated.account,
            actions=frozenset(_ACTIONS[name] for name in stated.actions if name in _ACTIONS),
            policy_version=stated.policy_version,
            issue_time=stated.issue_time,
            expire_time=stated.expire_time,
        )


class StandingVerifier(_Standings, BlockingVerifier[Standing]):
    """Verifies standings of one issuer for one platform; one serves all threads of a process."""


class AsyncStandingVerifier(_Standings, AsyncVerifier[Standing]):
    """The same for asyncio: one serves one event loop."""
