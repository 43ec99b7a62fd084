"""Signing leave to be on air."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.livestream.ports.broadcasts import Cleared


@dataclass(frozen=True, slots=True)
class SignedGrant:
    """A grant as it is handed out."""

    token: str = field(repr=False)
    expire_time: datetime
    renew_time: datetime
    commercial: bool


class Grants(Protocol):
    """What signs for this deployment."""

    def sign(self, platform: str, cleared: Cleared) -> SignedGrant | None:
        """Returns the grant of what was cleared, the same each time; None when it may not be on air."""
        ...

    def jwks(self) -> Sequence[Mapping[str, str]]:
        """Returns the public keys."""
        ...
