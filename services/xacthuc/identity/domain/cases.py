"""Orders of authorities to remove or lock something, and complaints of users: by when they are dealt with (R45)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.policy import Policy


class CaseKind(StrEnum):
    """What it is. The contract carries the same names."""

    TAKEDOWN = "TAKEDOWN"
    LOCK = "LOCK"
    COMPLAINT = "COMPLAINT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An order or a complaint, and whether it was dealt with."""

    platform: str
    case_id: str
    kind: CaseKind
    reference: str
    """Number of the order, or the platform's own of the complaint."""
    emergency: bool
    receive_time: datetime
    due_time: datetime
    close_time: datetime | None = None
    outcome: str = ""


def due(kind: CaseKind, received: datetime, policy: Policy, *, emergency: bool) -> datetime:
    """Returns by when it is to be dealt with; these are hours of the clock. No complaint is an emergency."""
    of = policy.duties
    if kind is CaseKind.COMPLAINT:
        return received + timedelta(hours=of.complaint_hours)
    return received + timedelta(hours=of.order_emergency_hours if emergency else of.order_hours)


def closed(case: Case, outcome: str, now: datetime) -> Case | None:
    """Returns the case as it was dealt with; None when it was already."""
    return None if case.close_time is not None else replace(case, close_time=now, outcome=outcome)
