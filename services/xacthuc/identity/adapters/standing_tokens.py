"""Standing tokens, signed by `xacthuc.tokens` (docs/decisions/0019-standing-tokens.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.identity.ports.tokens import SignedToken
from xacthuc.tokens import standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.decision import Kept
    from xacthuc.tokens.signer import Signer


class SignedStandings:
    """The port `StandingTokens`."""

    def __init__(self, signer: Signer) -> None:
        """Takes what signs for this deployment."""
        self._signer = signer

    def sign(
        self, platform: str, account_id: str, kept: Kept, policy_version: str, now: datetime
    ) -> SignedToken | None:
        """Signs with the ring's current key."""
        ttl = timedelta(seconds=kept.reuse_seconds)
        text = standing.issue(
            self._signer,
            platform=platform,
            account=account_id,
            actions=kept.actions,
            policy_version=policy_version,
            now=now,
            ttl=ttl,
        )
        # A token's times are whole seconds, rounded down.
        return None if text is None else SignedToken(text, (now + ttl).replace(microsecond=0))

    def jwks(self) -> Sequence[Mapping[str, str]]:
        """Returns the keys of the ring."""
        return self._signer.jwks()["keys"]
