"""Statements that an edge verifies without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.decision import Kept


class SignedToken(NamedTuple):
    """A statement as it is handed out."""

    text: str
    expire_time: datetime


class StandingTokens(Protocol):
    """Signs standings, and publishes the keys they are verified with."""

    def sign(
        self, platform: str, account_id: str, kept: Kept, policy_version: str, now: datetime
    ) -> SignedToken | None:
        """Returns what may be `kept` from `now` on as a statement; None when whole seconds leave nothing of that."""
        ...

    def jwks(self) -> Sequence[Mapping[str, str]]:
        """Returns the public keys, each by the members of RFC 7517."""
        ...
