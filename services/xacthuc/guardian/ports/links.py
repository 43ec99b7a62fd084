"""Links between guardians and children, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.guardian.domain.links import Link


class Links(Protocol):
    """Every link of every platform."""

    async def get(self, platform: str, link: str) -> Link | None:
        """Returns a link; None when there is none."""
        ...

    async def list_of(
        self, platform: str, account_id: str, before: int | None, limit: int
    ) -> tuple[list[Link], int | None]:
        """Returns the links of an account, as the child or the guardian, newest first, and where the next part begins."""
        ...
