"""What other services acknowledge, and what is on record of an account's erasures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters import answers
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.retention.erasures import complete
from xacthuc.identity.adapters.retention.put_away import is_account_held
from xacthuc.identity.adapters.retention.tables import erasure_acknowledgements, erasures
from xacthuc.identity.adapters.tables import accounts, trail
from xacthuc.identity.domain.retention import Cause
from xacthuc.identity.ports.retention import Acknowledgement, Erasure, OwedErasure
from xacthuc.sql.engine import transaction
from xacthuc.tokens import erasure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.sql.requests import Seen
    from xacthuc.tokens.signer import Signer


class SqlEvidence:
    """The port `Evidence`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests, signer: Signer) -> None:
        """Takes the pool for writes, what recognises repetitions, and what signs for this deployment."""
        self._engine = engine
        self._requests = requests
        self._signer = signer

    async def acknowledge(
        self, order: Order, account_id: str, service: str, keep_until: datetime | None, now: datetime
    ) -> Acknowledgement | None:
        """Keeps the word, and ends the erasure when it was the last one and everything here is destroyed."""
        of, said = erasures.c, erasure_acknowledgements
        newest = select(of.id).where(of.platform == order.platform, of.account == account_id)
        async with transaction(self._engine) as connection:
            erased = await connection.scalar(newest.order_by(of.id.desc()).limit(1).with_for_update())
            if erased is None:
                return None
            if (seen := await self._requests.find(connection, order)) is not None:
                return _repeated(seen, service)
            word = insert(said).values(
                erasure=erased, service=service, due_time=now, acknowledge_time=now, keep_until=keep_until
            )
            kept = await connection.execute(
                word.on_conflict_do_update(
                    index_elements=["erasure", "service"],
                    set_={"acknowledge_time": now, "keep_until": word.excluded.keep_until},
                ).returning(said)
            )
            told = _acknowledgement(kept.one())
            await self._requests.record(connection, order, None, asdict(told), now)
            await trail.write(connection, [entry(order, Tag.ERASURE_ACKNOWLEDGED, account_id, now, {})])
            await complete(connection, erased, now)
        return told

    async def owed(self, service: str, after: int, limit: int) -> list[OwedErasure]:
        """Walks the erasures by id: a service asks after a gap, and owes one where it was asked later than it spoke."""
        of, said = erasures.c, erasure_acknowledgements.c
        spoke = (said.erasure == of.id) & (said.service == service)
        owed = or_(said.acknowledge_time.is_(None), of.end_time > said.acknowledge_time)
        asked = or_(of.seal_time.is_not(None), of.begin_time.is_not(None))
        account = (accounts.c.platform == of.platform) & (accounts.c.account == of.account)
        found = (
            select(of.id, of.platform, of.account, of.end_time, accounts.c.purge_time)
            .select_from(erasures.outerjoin(erasure_acknowledgements, spoke).outerjoin(accounts, account))
            .where(of.id > after, asked, owed)
            .order_by(of.id)
            .limit(limit)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(found)).all()
        return [
            OwedErasure(
                number=row.id,
                platform=row.platform,
                account_id=row.account,
                erased=row.end_time is not None,
                purge_time=row.purge_time if row.end_time is None else None,
            )
            for row in rows
        ]

    async def erasures(self, order: Order, account_id: str, now: datetime) -> Sequence[Erasure]:
        """Reads and audits in one transaction."""
        of = erasures.c
        async with transaction(self._engine) as connection:
            rows = await connection.execute(
                select(erasures, accounts.c.purge_time)
                .outerjoin(accounts, (accounts.c.platform == of.platform) & (accounts.c.account == of.account))
                .where(of.platform == order.platform, of.account == account_id)
                .order_by(of.id)
            )
            found = rows.all()
            if not found:
                return []
            held = await is_account_held(connection, order.platform, account_id)
            said = await _said(connection, [row.id for row in found])
            await self._requests.record(connection, order, None, None, now)
            # Also of a repetition: it is signed anew.
            await trail.write(connection, [entry(order, Tag.ERASURE_EVIDENCE_READ, account_id, now, {})])
        return [_erasure(row, said.get(row.id, ()), held=held) for row in found]

    def statement(self, platform: str, account_id: str, erasures: Sequence[Erasure], now: datetime) -> str:
        """Signs with the ring's current key."""
        told = [_spelled(each) for each in erasures]
        return erasure.issue(self._signer, platform=platform, account=account_id, erasures=told, now=now)


def _repeated(seen: Seen, service: str) -> Acknowledgement | None:
    """Returns what a request said of the erasure it came for, which need not be the newest; RequestIdReused of another's."""
    said = None if seen.answer is None else answers.acknowledgement(seen.answer)  # an earlier release kept none
    if said is not None and said.service != service:
        raise RequestIdReused
    return said


async def _said(connection: AsyncConnection, erasure_ids: Sequence[int]) -> dict[int, tuple[Acknowledgement, ...]]:
    of = erasure_acknowledgements
    rows = await connection.execute(select(of).where(of.c.erasure.in_(erasure_ids)).order_by(of.c.service))
    said: dict[int, tuple[Acknowledgement, ...]] = {}
    for row in rows:
        said[row.erasure] = (*said.get(row.erasure, ()), _acknowledgement(row))
    return said


def _acknowledgement(row: Row[Any]) -> Acknowledgement:
    return Acknowledgement(
        service=row.service,
        due_time=row.due_time,
        acknowledge_time=row.acknowledge_time,
        keep_until=row.keep_until,
    )


def _erasure(row: Row[Any], said: tuple[Acknowledgement, ...], *, held: bool) -> Erasure:
    return Erasure(
        platform=row.platform,
        account_id=row.account,
        cause=Cause(row.cause),
        want_time=row.want_time,
        seal_time=row.seal_time,
        key_time=row.key_time,
        begin_time=row.begin_time,
        end_time=row.end_time,
        complete_time=row.complete_time,
        due_time=None if row.end_time is not None or held else row.purge_time,
        destroyed=row.destroyed,
        acknowledgements=said,
    )


def _spelled(told: Erasure) -> dict[str, object]:
    return {
        "cause": told.cause.value,
        "want_time": told.want_time.isoformat(),
        "seal_time": _instant(told.seal_time),
        "key_destroy_time": _instant(told.key_time),
        "end_time": _instant(told.end_time),
        "destroyed_row_counts": dict(told.destroyed),
        "acknowledgements": [
            {
                "service": each.service,
                "due_time": each.due_time.isoformat(),
                "acknowledge_time": _instant(each.acknowledge_time),
                "keep_until_time": _instant(each.keep_until),
            }
            for each in told.acknowledgements
        ],
        "complete_time": _instant(told.complete_time),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
