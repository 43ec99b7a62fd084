"""Grants, signed by `xacthuc.tokens`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.livestream.domain.broadcast import State
from xacthuc.livestream.ports.grants import SignedGrant
from xacthuc.tokens import broadcast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.livestream.ports.broadcasts import Cleared
    from xacthuc.tokens.signer import Signer


class SignedGrants:
    """The port `Grants`. Signatures are deterministic, so a repeated request gets the same token and none is kept."""

    def __init__(self, signer: Signer) -> None:
        """Takes what signs for this deployment."""
        self._signer = signer

    def sign(self, platform: str, cleared: Cleared) -> SignedGrant | None:
        """Signs with the ring's current key."""
        live, until = cleared.kept.broadcast, cleared.kept.broadcast.grant_time
        if live.state is not State.LIVE or until is None:
            return None
        token = broadcast.issue(
            self._signer,
            platform=platform,
            broadcast=cleared.kept.broadcast_id,
            account=live.account_id,
            commercial=live.sells,
            policy_version=cleared.verdict.policy_version,
            now=cleared.time,
            ttl=until - cleared.time,
        )
        if token is None:
            return None
        # A token's times are whole seconds, rounded down.
        return SignedGrant(
            token=token,
            expire_time=until.replace(microsecond=0),
            renew_time=cleared.time + (until - cleared.time) / 2,
            commercial=live.sells,
        )

    def jwks(self) -> Sequence[Mapping[str, str]]:
        """Returns the keys of the ring."""
        return self._signer.jwks()["keys"]
