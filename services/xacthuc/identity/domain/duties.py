"""What a person demands of their data, and a breach of it: by when what has to be done, and what may follow what (R51, R52).

Terms in days leave out the first one and end at 24:00 of the last in Vietnam (Civil Code Art. 147, 148); the 72 hours of a
breach are hours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.policy.dates import VIETNAM_TIME, deadline, end_of_day, local_date

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from xacthuc.policy import Policy

_SATURDAY: Final = 5


class Duty(StrEnum):
    """What people and other services have to do by a time. Labels of a metric."""

    HOLD_REVIEW = "HOLD_REVIEW"
    """To look again whether a hold is still needed."""
    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT"
    """Another service's, that it erased what it has of an account."""
    REQUEST_ACKNOWLEDGEMENT = "REQUEST_ACKNOWLEDGEMENT"
    """To tell a person that a demand was received."""
    SUBJECT_REQUEST = "SUBJECT_REQUEST"
    """To answer it."""
    BREACH = "BREACH"
    """To tell the agency for personal data."""
    RELEASE = "RELEASE"
    """To release to an authority what it asked for, or to say why not."""
    ORDER = "ORDER"
    """To remove or lock what an authority orders."""
    COMPLAINT = "COMPLAINT"
    """To act on a well-founded complaint of a user."""
    PERMANENT_LOCK = "PERMANENT_LOCK"
    """To decide whether somebody is locked out for good."""


class Demand(StrEnum):
    """What a person demands. The contract carries the same names."""

    ACCESS = "ACCESS"
    CORRECT = "CORRECT"
    ERASE = "ERASE"
    WITHDRAW = "WITHDRAW"
    """To withdraw a consent."""
    RESTRICT = "RESTRICT"
    OBJECT = "OBJECT"


class Step(StrEnum):
    """What is done about a demand. The contract carries the same names."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    EXTEND = "EXTEND"
    """Once, with a reason."""
    FULFIL = "FULFIL"
    REFUSE = "REFUSE"
    """With the article that forbids it, such as the one that orders data kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequest:
    """A demand and what was done about it so far."""

    platform: str
    request_id: str
    account_id: str = field(repr=False)
    demand: Demand
    elsewhere: bool
    """Whether a processor or another service has to act, too."""
    receive_time: datetime
    acknowledge_due_time: datetime
    due_time: datetime
    acknowledge_time: datetime | None = None
    extend_time: datetime | None = None
    extend_reason: str = ""
    end_time: datetime | None = None
    refusal_basis: str = ""
    """Empty unless it was refused."""


class Misstep(StrEnum):
    """Why a step is not taken."""

    ENDED = "ENDED"
    EXTENDED = "EXTENDED"
    """There is one extension."""
    REASON = "REASON"
    """Extending and refusing take a reason."""


def working_days_after(start: date, days: int, holidays: Collection[date]) -> date:
    """Returns the last day of a term of working days, the first of which is the one after `start`."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY and day not in holidays
    return day


def opened(
    platform: str,
    request_id: str,
    account_id: str,
    demand: Demand,
    receive_time: datetime,
    *,
    elsewhere: bool,
    policy: Policy,
) -> SubjectRequest:
    """Returns a demand as it was received, with its times."""
    of, day = policy.duties, local_date(receive_time)
    return SubjectRequest(
        platform=platform,
        request_id=request_id,
        account_id=account_id,
        demand=demand,
        elsewhere=elsewhere,
        receive_time=receive_time,
        acknowledge_due_time=end_of_day(working_days_after(day, of.acknowledge_working_days, of.holidays)),
        due_time=end_of_day(deadline(day, _days(demand, policy, elsewhere=elsewhere))),
    )


def _days(demand: Demand, policy: Policy, *, elsewhere: bool) -> int:
    of = policy.duties
    if demand in {Demand.ACCESS, Demand.CORRECT}:
        return of.access_days
    if demand is Demand.ERASE:
        return of.erase_days
    return of.restrict_elsewhere_days if elsewhere else of.restrict_days


def advanced(
    request: SubjectRequest, step: Step, reason: str, policy: Policy, now: datetime
) -> SubjectRequest | Misstep:
    """Takes a step. Whatever answers the person acknowledges as well."""
    if request.end_time is not None:
        return Misstep.ENDED
    if step in {Step.EXTEND, Step.REFUSE} and not reason:
        return Misstep.REASON
    known = request if request.acknowledge_time is not None else replace(request, acknowledge_time=now)
    if step is Step.ACKNOWLEDGE:
        return known
    if step is Step.EXTEND:
        if request.extend_time is not None:
            return Misstep.EXTENDED
        longer = request.due_time + timedelta(days=policy.duties.extension_days)
        return replace(known, extend_time=now, extend_reason=reason, due_time=longer)
    return replace(known, end_time=now, refusal_basis=reason if step is Step.REFUSE else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the notice of a breach has to say (Decree 356/2025, form 08); no names, no numbers of people."""

    nature: str
    data_kinds: str
    subject_count: int
    consequences: str
    measures: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A breach and whether the agency was told."""

    breach_id: str
    detect_time: datetime
    due_time: datetime
    draft: Draft
    notify_time: datetime | None = None
    reference: str = ""
    """Under which number the agency received the notice."""


def breach_due(detected: datetime, policy: Policy) -> datetime:
    """Returns by when the agency has to be told of what was detected then."""
    return detected + timedelta(hours=policy.duties.breach_hours)


def notice(breach: Breach) -> str:
    """Returns the draft of the notice, in Vietnamese; what is not known yet is left open."""
    draft, open_field = breach.draft, "[chưa xác định]"
    count = str(draft.subject_count) if draft.subject_count else open_field
    return "\n".join(
        (
            "THÔNG BÁO VI PHẠM QUY ĐỊNH VỀ BẢO VỆ DỮ LIỆU CÁ NHÂN",
            f"Thời điểm phát hiện: {_vietnamese(breach.detect_time)}",
            f"Hạn thông báo: {_vietnamese(breach.due_time)}",
            f"1. Tính chất vi phạm: {draft.nature or open_field}",
            f"2. Loại dữ liệu cá nhân bị ảnh hưởng: {draft.data_kinds or open_field}",
            f"3. Số chủ thể dữ liệu bị ảnh hưởng: {count}",
            f"4. Hậu quả đã và có thể xảy ra: {draft.consequences or open_field}",
            f"5. Biện pháp đã và sẽ thực hiện: {draft.measures or open_field}",
            f"6. Đầu mối liên hệ: {draft.contact or open_field}",
        )
    )


def _vietnamese(at: datetime) -> str:
    return at.astimezone(VIETNAM_TIME).strftime("%H:%M ngày %d/%m/%Y")
