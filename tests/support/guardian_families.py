"""Families as the guardian service keeps them: its adapters on a database, and rows of links that nobody had to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from sqlalchemy import func, insert, select

from xacthuc.clock import FixedClock
from xacthuc.guardian.adapters.family_rows import lock_family
from xacthuc.guardian.adapters.jobs import Extent, erase_job, look_job, push_job
from xacthuc.guardian.adapters.link_writes import end, note_change
from xacthuc.guardian.adapters.sql_disputes import SqlDisputes
from xacthuc.guardian.adapters.sql_invitations import SqlInvitations
from xacthuc.guardian.adapters.sql_links import SqlLinks
from xacthuc.guardian.adapters.sql_notes import SqlNotes
from xacthuc.guardian.adapters.supervision.sql_activity import SqlActivities
from xacthuc.guardian.adapters.supervision.sql_assents import SqlAssents
from xacthuc.guardian.adapters.supervision.sql_supervision import SqlSupervisions
from xacthuc.guardian.adapters.tables import (
    SCHEMA,
    activities,
    child_assents,
    child_devices,
    children,
    disputes,
    jobs,
    links,
    requests,
    trail,
)
from xacthuc.guardian.domain.life import AgeBand
from xacthuc.guardian.domain.links import EndCause, State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.domain.supervision import beginning
from xacthuc.guardian.usecases.guardian import Guardian
from xacthuc.ids import random_bytes
from xacthuc.order import Order
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.sealing import BlindIndex, KeyRing, Sealer
from xacthuc.sql.engine import transaction
from xacthuc.sql.requests import RequestSecrets, SqlRequests

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

PLATFORM = "forum"
NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)


@dataclass
class Families:
    """The service without its wire, and what lies in its database."""

    engine: AsyncEngine
    clock: FixedClock
    guardian: Guardian
    requests: SqlRequests
    platform: str = PLATFORM

    def order(self, method: str, payload: str = "", *, request_id: str = "", actor: str = "key:1") -> Order:
        return Order(
            platform=self.platform,
            method=method,
            request_id=request_id or str(uuid4()),
            payload=payload,
            actor=actor,
            trace_id="",
        )

    async def child(self, child: str, band: AgeBand = AgeBand.BELOW_INDEPENDENCE) -> None:
        """Keeps a child that nobody answers for yet."""
        allowed = beginning(self.guardian.policy, band)
        row = {
            "platform": self.platform,
            "child": child,
            "version": 0,
            "suspended": allowed.suspended,
            "actions": sorted(allowed.actions),
            "quiet_from": allowed.quiet.start,
            "quiet_to": allowed.quiet.end,
            "create_time": self.clock.now(),
            "update_time": self.clock.now(),
        }
        async with transaction(self.engine) as connection:
            await connection.execute(insert(children).values(row))

    async def link(
        self, child: str, guardian: str, relation: Relation = Relation.MOTHER, state: State = State.ACTIVE
    ) -> str:
        """Keeps a link as if it had come to be, and returns its id."""
        link, now = f"{child}-{guardian}", self.clock.now()
        row = {
            "platform": self.platform,
            "link": link,
            "child": child,
            "guardian": guardian,
            "invited_account": guardian,
            "relation": relation,
            "state": state,
            "expire_time": now + timedelta(days=1),
            "start_time": now if state is State.ACTIVE else None,
            "create_time": now,
            "update_time": now,
        }
        async with transaction(self.engine) as connection:
            await connection.execute(insert(links).values(row))
            await note_change(connection, self.order("ConfirmLink"), link, state, now)
            if state is State.ACTIVE:
                await connection.execute(
                    children.update()
                    .where(children.c.platform == self.platform, children.c.child == child)
                    .values(version=1)
                )
        return link

    async def end(self, link: str, cause: EndCause = EndCause.REVOKED) -> None:
        """Ends a link as whoever may does."""
        async with transaction(self.engine) as connection:
            kept = await lock_family(connection, self.platform, link)
            assert kept is not None
            await end(connection, self.order("RevokeLink"), kept, cause, self.clock.now())

    async def have_told(self, child: str) -> None:
        """Asks for identity to be told of a child, and for the daily look at it, as whoever makes a link does."""
        async with transaction(self.engine) as connection:
            await jobs.enqueue(connection, [push_job(self.platform, child), look_job(self.platform, child)])

    async def erase(self, account: str, extent: Extent = Extent.EVERYTHING) -> None:
        """Asks for an account to be erased, as whoever follows identity does."""
        async with transaction(self.engine) as connection:
            await jobs.enqueue(connection, [erase_job(self.platform, account, extent, "")])

    async def rows_of(self, child: str) -> int:
        """Returns how many rows there are about a child, the trail apart."""
        about = (children, links, disputes, activities, child_assents, child_devices)
        of_child = [
            select(func.count()).where(each.c.platform == self.platform, each.c.child == child) for each in about
        ]
        of_requests = select(func.count()).where(requests.c.platform == self.platform, requests.c.account == child)
        async with transaction(self.engine) as connection:
            return sum([int(await connection.scalar(each) or 0) for each in (*of_child, of_requests)])

    async def tags(self, subject: str) -> list[str]:
        """Returns what the trail says of somebody, in order."""
        of = trail.entries.c
        async with transaction(self.engine) as connection:
            said = select(of.tag).where(of.platform == self.platform, of.subject == subject)
            return list(await connection.scalars(said.order_by(of.id)))

    async def waiting(self, kind: str) -> int:
        """Returns how many jobs of a kind wait."""
        of = jobs.jobs.c
        async with transaction(self.engine) as connection:
            return int(await connection.scalar(select(func.count()).where(of.kind == kind)) or 0)


def families(engine: AsyncEngine, platform: str = PLATFORM, now: datetime = NOW) -> Families:
    """Returns the service on a database that has its schema, at a time that stands still."""
    clock, ring = FixedClock(now), KeyRing({1: random_bytes(32)}, 1)
    kept = SqlRequests(requests, RequestSecrets(SCHEMA, Sealer(ring), ring))
    sql_links = SqlLinks(engine, kept)
    guardian = Guardian(
        clock=clock,
        policy=Policy.load(),
        plan=NumberPlan.load(),
        links=sql_links,
        invitations=SqlInvitations(engine, kept, BlindIndex(ring, "guardian-number")),
        happenings=cast("Any", None),
        people=cast("Any", None),  # who asks other services is tested over real sockets
        proofs=cast("Any", None),
        development=True,
        supervisions=SqlSupervisions(engine, kept),
        activities=SqlActivities(engine, kept),
        disputes=SqlDisputes(engine, kept, sql_links),
        notes=SqlNotes(engine),
        assents=SqlAssents(engine, kept),
        holders=cast("Any", None),
        lives=cast("Any", None),
        appended=lambda: None,
    )
    return Families(engine, clock, guardian, kept, platform)
