"""Whatever works beside the calls of one deployment, done by hand at the travel's own time: jobs, sweeps, months and the trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from release_world import Desk
from sqlalchemy import delete, insert, select, update

from xacthuc.audit.checkpoints import CheckpointSigner
from xacthuc.audit.keeper import CheckpointKeeper
from xacthuc.audit.pruning import TrailPruning
from xacthuc.audit.sealer import TrailSealer
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.purge import Purge
from xacthuc.identity.adapters.retention import sweeping
from xacthuc.identity.adapters.sessions.held import HeldSessions
from xacthuc.identity.adapters.sessions.keys import SessionKeys
from xacthuc.identity.adapters.sessions.months import SessionMonths
from xacthuc.identity.adapters.tables import SCHEMA, jobs, outbox, trail
from xacthuc.identity.adapters.webhooks.dispatcher import Dispatcher
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.retention import Data, plan
from xacthuc.identity.usecases import approvals
from xacthuc.ids import random_bytes
from xacthuc.jobs.job import Job, RetryAt
from xacthuc.sealing import KeyRing
from xacthuc.sql.relay import Relay
from xacthuc.watching.outbox_source import tail_of

_RELEASED = datetime(9999, 1, 1, tzinfo=UTC)
"""When a job that a hold made wait is due: releasing the hold has to ask for it."""
_AT_ONCE = {JobKind.DESTROY_KEY, JobKind.APPROVAL}
"""Due by the database's clock, which is not this one, as soon as they are asked for."""


class Hands:
    """One process of identity, whose works are done when the travel says so."""

    def __init__(self, bench, engine) -> None:
        self.bench, self.engine, self.clock = bench, engine, bench.clock
        self.desk = Desk(bench, engine)
        self.rules = plan(bench.identity.policy)
        signer = CheckpointSigner(KeyRing(keys={0: random_bytes(32)}, current=0))
        keeper = CheckpointKeeper(
            engine, trail, self.clock, signer, None, every=timedelta(minutes=1), on_alarm=lambda _cause, _on: None
        )
        audit = next(rule for rule in self.rules if rule.data is Data.AUDIT)
        self._sealer = TrailSealer(engine, trail, self.clock, keeper, on_lag=lambda _age: None)
        self._pruning = TrailPruning(engine, trail, self.clock, signer, keeper, kept_since=audit.term.before)
        self._relay = Relay(engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None)
        self._dispatcher = Dispatcher(
            engine, tail_of(engine, outbox, told), self.clock, given=lambda: None, on_lag=lambda _age: None
        )
        session_keys = SessionKeys(bench.keys)
        self._months = SessionMonths(
            *(engine, session_keys, HeldSessions(engine, bench.keys, session_keys), self.clock),
            bench.identity.policy.retention.session_log_months,
        )
        purge = Purge(engine, bench.keys, bench.erasures, self.clock, bench.identity.standings.forget)
        self._handlers = {
            JobKind.PURGE: purge.purge,
            JobKind.DESTROY_KEY: purge.destroy_key,
            JobKind.APPROVAL: partial(approvals.carry_out, self.desk.eyes),
            JobKind.RELEASE_DOCUMENT: self.desk.documents.destroy,
        }
        self.waiting: set[str] = set()
        """Jobs that are not over, by id."""

    async def tell(self) -> None:
        """Gives events their positions and webhooks what happened, and seals the trail."""
        while await self._relay.place():
            pass
        while await self._dispatcher.give():
            pass
        while await self._sealer.seal():
            pass

    async def destroy(self) -> None:
        """Does what workers, sweeps and both loops of months and of the trail would."""
        while await self._run_jobs():
            pass
        await sweeping.destroy(self.engine, self.rules, self.clock.now())
        await self._months.keep()
        while await self._pruning.prune():
            pass

    async def _run_jobs(self) -> bool:
        of, now = jobs.jobs.c, self.clock.now()
        is_due = (of.due_time <= now) | of.kind.in_(_AT_ONCE)
        due = select(jobs.jobs).where(of.kind.in_(self._handlers), is_due, of.due_time < _RELEASED).order_by(of.id)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(due)).all()
        for row in rows:
            answer = await self._handlers[row.kind](Job(row.kind, row.key, row.payload))
            async with self.engine.begin() as connection:
                attempt = {"job_id": row.id, "number": row.attempts + 1, "kind": row.kind, "outcome": "DONE"}
                await connection.execute(insert(jobs.attempts).values(**attempt, start_time=now, end_time=now))
                if isinstance(answer, RetryAt):
                    self.waiting.add(str(row.id))
                    when = _RELEASED if answer.outcome == "HELD" else answer.when
                    later = {"due_time": when, "attempts": row.attempts + 1}
                    await connection.execute(update(jobs.jobs).where(of.id == row.id).values(**later))
                else:
                    self.waiting.discard(str(row.id))
                    await connection.execute(delete(jobs.jobs).where(of.id == row.id))
        return bool(rows)
