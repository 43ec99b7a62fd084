"""Counts what is kept although it should be gone, and what is overdue of people's duties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.releases.tables import releases
from xacthuc.identity.adapters.retention.places import PLACES
from xacthuc.identity.adapters.retention.tables import (
    breaches,
    cases,
    erasure_acknowledgements,
    holds,
    is_held,
    subject_requests,
)
from xacthuc.identity.adapters.tables import accounts
from xacthuc.identity.domain.approvals import ApprovalState
from xacthuc.identity.domain.cases import CaseKind
from xacthuc.identity.domain.duties import Duty
from xacthuc.identity.domain.retention import MOST_COUNTED, Figure
from xacthuc.identity.domain.sessions import oldest_kept
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.domain.retention import Rule


async def count(engine: AsyncEngine, rules: Iterable[Rule], now: datetime, grace: timedelta) -> list[Figure]:
    """Returns how each kind stands: what is later than `grace`, and what a hold keeps."""
    figures = []
    for rule in rules:
        async with transaction(engine) as connection:
            figures.append(await _figure(connection, rule, now, grace))
    return figures


async def overdue(engine: AsyncEngine, now: datetime) -> dict[Duty, int]:
    """Returns how many duties of each kind are past their time."""
    of, asked, counted = erasure_acknowledgements.c, subject_requests.c, {}
    waiting: dict[Duty, tuple[ColumnElement[Any], ColumnElement[bool]]] = {
        Duty.HOLD_REVIEW: (holds.c.review_time, holds.c.release_time.is_(None)),
        Duty.ACKNOWLEDGEMENT: (of.due_time, of.acknowledge_time.is_(None)),
        Duty.REQUEST_ACKNOWLEDGEMENT: (
            asked.acknowledge_due_time,
            and_(asked.acknowledge_time.is_(None), asked.end_time.is_(None)),
        ),
        Duty.SUBJECT_REQUEST: (asked.due_time, asked.end_time.is_(None)),
        Duty.BREACH: (breaches.c.due_time, breaches.c.notify_time.is_(None)),
        Duty.ORDER: (cases.c.due_time, and_(cases.c.close_time.is_(None), cases.c.kind != CaseKind.COMPLAINT)),
        Duty.COMPLAINT: (cases.c.due_time, and_(cases.c.close_time.is_(None), cases.c.kind == CaseKind.COMPLAINT)),
        Duty.RELEASE: (releases.c.due_time, releases.c.end_time.is_(None)),
        Duty.PERMANENT_LOCK: (
            approvals.c.due_time,
            and_(approvals.c.state == ApprovalState.PROPOSED, approvals.c.expire_time > now),
        ),
    }
    async with transaction(engine) as connection:
        for duty, (due_time, is_open) in waiting.items():
            counted[duty] = await _up_to_most(connection, due_time, due_time < now, is_open)
    return counted


async def _figure(connection: AsyncConnection, rule: Rule, now: datetime, grace: timedelta) -> Figure:
    place = PLACES[rule.data]

    def older(at: datetime) -> tuple[ColumnElement[bool], ...]:
        if place.by_month:
            return place.since < oldest_kept(at, rule.term.months).start, *place.if_
        return place.since <= (at if place.table is accounts else rule.term.before(at)), *place.if_

    if not rule.held:
        return Figure(rule=rule, late=await _up_to_most(connection, place.since, *older(now - grace)), held=0)
    held = is_held(place.table)
    return Figure(
        rule=rule,
        late=await _up_to_most(connection, place.since, *older(now - grace), ~held),
        held=await _up_to_most(connection, place.since, *older(now), held),
    )


async def _up_to_most(connection: AsyncConnection, since: ColumnElement[Any], *conditions: ColumnElement[bool]) -> int:
    """Counts by age, so that the index of that is read and not the table."""
    some = select(since).where(*conditions).order_by(since).limit(MOST_COUNTED).subquery()
    return await connection.scalar(select(func.count()).select_from(some)) or 0
