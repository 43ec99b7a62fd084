"""Where accounts stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.backfill.domain.holders import Holder


class Holders(Protocol):
    """The identity service."""

    async def look(self, platform: str, account_id: str) -> Holder | None:
        """Returns where an account stands now; None when nobody registered it. Raises what identity says otherwise."""
        ...
