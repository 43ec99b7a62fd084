"""What two people agreed to hand to an authority."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.grpckit.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedExport:
    """Whose broadcasts may be exported, and who said so."""

    platform: str
    account_id: str = field(repr=False)
    basis: str
    proposer: str
    decider: str
    decide_time: datetime


class Approvals(Protocol):
    """The identity service, where two people agree."""

    async def approved_export(self, approval_id: str, call: Call) -> ApprovedExport:
        """Returns what was agreed to on behalf of `call`; raises what identity says when it was not."""
        ...
