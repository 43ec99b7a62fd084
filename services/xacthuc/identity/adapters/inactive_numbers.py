"""Lets evidence lapse whose number is out of use (R31), within the transaction that also keeps how far was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import sql_claims
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.tables import accounts, evidence, outbox, trail
from xacthuc.identity.commands import Order
from xacthuc.identity.domain.facts import EvidenceKind, Life

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.sql.columns import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfUse:
    """A message for an account could not be delivered, because its number is out of use."""

    platform: str
    account_id: str = field(repr=False)
    number: str = field(repr=False)
    """E.164, in clear."""
    occur_time: datetime


class InactiveNumbers:
    """Works in a transaction of the caller's."""

    def __init__(self, personal: PersonalData, *, wanted: bool) -> None:
        """Takes what recognises numbers, and whether the policy asks for this at all."""
        self._personal = personal
        self._wanted = wanted

    async def lapse(
        self, connection: AsyncConnection, reports: Iterable[OutOfUse], now: datetime
    ) -> list[tuple[str, list[str]]]:
        """Ends what the reports are about, and tells of it; returns the accounts concerned by platform.

        Doing it again changes nothing: what was proven after a report stands, and so does another number.
        """
        changed: list[tuple[str, list[str]]] = []
        if not self._wanted:
            return changed
        by_platform = attrgetter("platform")
        for platform, of in groupby(sorted(reports, key=by_platform), key=by_platform):
            some = list(of)
            await lock_accounts(connection, platform, {report.account_id for report in some})
            concerned = {report.account_id for report in some if await self._stands(connection, report)}
            if concerned:
                await _end(connection, platform, concerned, now)
                wards = await wards_of(connection, platform, concerned)
                changed.append((platform, [*sorted(concerned), *wards]))
        return changed

    async def _stands(self, connection: AsyncConnection, report: OutOfUse) -> bool:
        of, who = evidence.c, accounts.c
        whose = and_(who.platform == of.platform, who.account == of.account)
        found = (
            select(of.id)
            .join(accounts, whose)
            .where(
                who.life == Life.OPEN,
                of.platform == report.platform,
                of.account == report.account_id,
                of.kind == EvidenceKind.PHONE,
                of.lapse_time.is_(None),
                of.number_index.in_(self._personal.number_indexes(report.platform, report.number)),
                of.verify_time < report.occur_time,
            )
        )
        return await connection.scalar(found) is not None


async def _end(connection: AsyncConnection, platform: str, account_ids: Collection[str], now: datetime) -> None:
    await sql_claims.lapse(
        connection, platform, account_ids, {EvidenceKind.PHONE}, reason=LapseReason.INACTIVE, now=now
    )
    await touch(connection, platform, account_ids, now)
    order = Order(platform=platform, method="WatchOutcomes", request_id="", payload="", actor="peer:otp", trace_id="")
    detail: Json = {"reason": LapseReason.INACTIVE}
    ordered = sorted(account_ids)
    await trail.write(connection, [entry(order, Tag.PHONE_LAPSED, account, now, detail) for account in ordered])
    await outbox.append(
        connection, [event(order, EventKind.REVERIFICATION_REQUIRED, account, now) for account in ordered]
    )
