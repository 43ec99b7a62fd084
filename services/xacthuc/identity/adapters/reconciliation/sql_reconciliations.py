"""Runs and what they found, in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, tuple_, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.reconciliation.tables import reconciliation_findings, reconciliations
from xacthuc.identity.adapters.tables import platforms, trail
from xacthuc.identity.domain.reconciliation import (
    NOBODY_SAYS,
    NOTHING_KNOWN,
    FindingKind,
    Match,
    Run,
    RunState,
    Sides,
    Source,
    Tally,
    Verdicts,
)
from xacthuc.identity.ports.reconciliation import Found
from xacthuc.policy import FindingAction
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.reconciliation import Key
    from xacthuc.sql.columns import Json

_TOLD: Final = ("CHECKED", "MATCHED", "FOUND", "UNKNOWN", "SKIPPED", "CHANGED")
"""What the audit trail tells of a run that ended."""


class SqlReconciliations:
    """The port `Reconciliations`. A run is called by the request that started it."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def start(self, order: Order, run: Run) -> Run | None:
        """Keeps it from its beginning."""
        async with transaction(self._engine) as connection:
            of = platforms.c
            if run.platform and await connection.scalar(select(of.platform).where(of.platform == run.platform)) is None:
                return None
            if await self._requests.find(connection, order) is None:
                await self._requests.record(connection, order, None, None, run.create_time)
                await connection.execute(insert(reconciliations).values(_row(run)))
                detail: Json = {"sources": " ".join(run.sources), "dry_run": run.dry_run}
                tag = Tag.RECONCILIATION_STARTED
                await trail.write(connection, [entry(order, tag, run.run_id, run.create_time, detail)])
            return await _run(connection, run.run_id)

    async def get(self, run_id: str) -> Run | None:
        """Reads one row."""
        async with transaction(self._engine) as connection:
            return await _run(connection, run_id)

    async def runs(self, after: str, limit: int) -> list[Run]:
        """Reads runs by keyset."""
        wanted = newest_first(reconciliations, reconciliations.c.run, after, limit)
        async with transaction(self._engine) as connection:
            return [read(row) for row in await connection.execute(wanted)]

    async def cancel(self, order: Order, run_id: str, now: datetime) -> Run | None:
        """Whoever is at work finds out with the next page it writes."""
        async with transaction(self._engine) as connection:
            known = await _run(connection, run_id, lock=True)
            if known is None or await self._requests.find(connection, order) is not None:
                return known
            await self._requests.record(connection, order, None, None, now)
            if known.state is RunState.RUNNING:
                await end(connection, order, known, RunState.CANCELED, now)
            return await _run(connection, run_id)

    async def resume(self, order: Order, run_id: str, now: datetime) -> tuple[Run, bool] | None:
        """Its place and its counts stay, so that it is as if it had never ended."""
        async with transaction(self._engine) as connection:
            known = await _run(connection, run_id, lock=True)
            if known is None:
                return None
            if await self._requests.find(connection, order) is not None:
                return known, True
            if known.state is not RunState.FAILED:
                return known, False
            await self._requests.record(connection, order, None, None, now)
            resumed = replace(known, state=RunState.RUNNING, failure="", update_time=now, end_time=None)
            again = update(reconciliations).where(reconciliations.c.run == run_id)
            await connection.execute(again.values(state=resumed.state, failure=None, update_time=now, end_time=None))
            detail: Json = {"failure": known.failure, "checked": known.tally.of("CHECKED")}
            await trail.write(connection, [entry(order, Tag.RECONCILIATION_RESUMED, run_id, now, detail)])
            return resumed, True

    async def findings(self, run_id: str, kind: FindingKind | None, after: Key | None, limit: int) -> list[Found]:
        """Reads findings by keyset."""
        of = reconciliation_findings.c
        key = (of.platform, of.account, of.kind, of.source)
        wanted = select(reconciliation_findings).where(of.run == run_id)
        if kind is not None:
            wanted = wanted.where(of.kind == kind)
        if after is not None:
            wanted = wanted.where(tuple_(*key) > after)
        async with transaction(self._engine) as connection:
            return [_found(row) for row in await connection.execute(wanted.order_by(*key).limit(limit))]


async def end(
    connection: AsyncConnection, order: Order, run: Run, state: RunState, now: datetime, *, failure: str | None = None
) -> None:
    """Writes that a run has ended, and in the trail what it came to."""
    ended = update(reconciliations).where(reconciliations.c.run == run.run_id)
    await connection.execute(ended.values(state=state, failure=failure, update_time=now, end_time=now))
    detail: Json = {"state": state, **{name.lower(): run.tally.of(name) for name in _TOLD}}
    if failure:
        detail["failure"] = failure
    await trail.write(connection, [entry(order, Tag.RECONCILIATION_ENDED, run.run_id, now, detail)])


async def _run(connection: AsyncConnection, run_id: str, *, lock: bool = False) -> Run | None:
    wanted = select(reconciliations).where(reconciliations.c.run == run_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else read(row)


def _row(run: Run) -> dict[str, Any]:
    return {
        "run": run.run_id,
        "platform": run.platform,
        "sources": list(run.sources),
        "dry_run": run.dry_run,
        "per_second": run.per_second,
        "state": run.state,
        "actor": run.actor,
        "failure": run.failure or None,
        "done_platform": "",
        "done_account": "",
        "account_count": None,
        "counts": {},
        "create_time": run.create_time,
        "update_time": run.update_time,
        "end_time": None,
    }


def read(row: Row[Any]) -> Run:
    """Returns the run of a row."""
    return Run(
        run_id=row.run,
        platform=row.platform,
        sources=tuple(Source(source) for source in row.sources),
        dry_run=row.dry_run,
        per_second=row.per_second,
        state=RunState(row.state),
        actor=row.actor,
        failure=row.failure or "",
        account_count=row.account_count,
        tally=Tally(row.counts),
        create_time=row.create_time,
        update_time=row.update_time,
        end_time=row.end_time,
    )


def _found(row: Row[Any]) -> Found:
    return Found(
        platform=row.platform,
        account_id=row.account,
        kind=FindingKind(row.kind),
        source=row.source,
        observe_time=row.observe_time,
        verdicts=_verdicts(row, ""),
        sides=Sides(**{side: _verdicts(row, f"{side}_") for side, _ in NOBODY_SAYS.each()}),
        action=FindingAction(row.action),
        applied=row.applied,
        create_time=row.create_time,
    )


def _verdicts(row: Row[Any], side: str) -> Verdicts:
    return Verdicts(**{name: Match(getattr(row, f"{side}{name}_match")) for name, _ in NOTHING_KNOWN.each()})
