"""Where accounts stand, and how they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from xacthuc.backfill.domain.holders import Holder


class Holders(Protocol):
    """The identity service."""

    async def look(self, platform: str, account_id: str) -> Holder | None:
        """Returns where an account stands now; None when nobody registered it. Raises what identity says otherwise."""
        ...


class Reminders(Holders, Protocol):
    """The same, which also tells platforms whom to ask."""

    async def remind(self, platform: str, account_id: str, due_time: datetime, request_id: UUID) -> None:
        """Has the platform told, once for the id, to ask an account by then; raises what identity says."""
        ...


class Notices(Protocol):
    """The one-time-code service."""

    async def send(self, platform: str, number: str, template: str, request_id: UUID) -> str:
        """Hands a notice to a number (E.164) over, once for the id within a day; returns its name. Raises what otp says."""
        ...
