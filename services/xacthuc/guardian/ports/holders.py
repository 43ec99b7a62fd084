"""What identity says of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.guardian.domain.life import Holder


class Holders(Protocol):
    """Asked anew each time: ages and standings change without anybody here hearing of it first."""

    async def holder(self, platform: str, account_id: str) -> Holder:
        """Returns what is known of an account; one that nobody registered is not in use. Raises what identity says."""
        ...

    async def acknowledge_erasure(
        self, platform: str, account_id: str, keep_until: datetime | None, request_id: str
    ) -> bool:
        """Tells that what is here of an account is erased, but for what is kept until then; False when none is wanted."""
        ...


class Lives(Protocol):
    """Whether those still may who answer for a child."""

    async def look(self, platform: str, child: str) -> int:
        """Ends what has no reason to stand any more; returns how much stands after that. Raises what identity says."""
        ...
