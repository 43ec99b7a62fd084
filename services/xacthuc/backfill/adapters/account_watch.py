"""Follows what happens to accounts, and has identity asked where those of a campaign stand (`reviews.py`).

When something was lost to us, identity is asked about all of them, and for the erasures that it waits for.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, select, tuple_, update

from xacthuc.api.identity.v1 import events_pb2, internal_pb2, internal_pb2_grpc
from xacthuc.backfill.adapters.erasures import erase_job
from xacthuc.backfill.adapters.tables import campaigns, cursors, jobs, targets
from xacthuc.sql.engine import transaction
from xacthuc.sql.following import Following, Stream, Told
from xacthuc.watching.owed import owed_erasures

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.jobs.job import Job
    from xacthuc.telemetry.tracing import Tracer

_STREAM: Final = Stream("identity.accounts", "accounts")
_Event = events_pb2.AccountEvent
_ERASING: Final = frozenset({_Event.ERASURE_SCHEDULED, _Event.ACCOUNT_ERASED})
_UNCHANGED: Final = frozenset(
    {
        _Event.ACCOUNT_REGISTERED,
        _Event.ACCOUNT_IMPORTED,
        _Event.SUPERVISION_CHANGED,
        _Event.VERIFICATION_DUE,
        _Event.TRANSITION_ENDED,
        _Event.TRANSITION_RESTORED,
    }
)
"""Nobody stands elsewhere by it than a campaign knows: an import brings its accounts here by itself."""
_RECENT: Final = 1_000
"""Without a place to go on from it begins so many changes before the end: all accounts are asked about then."""
_AT_ONCE: Final = 500


class Heard(NamedTuple):
    """Whom something happened to."""

    accounts: frozenset[tuple[str, str]]
    """Platforms and accounts."""
    erasures: tuple[Job, ...]
    """What is asked for by it."""


class AccountWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self, engine: AsyncEngine, identity: ServiceChannel, clock: Clock, tracer: Tracer, *, due: Callable[[], None]
    ) -> None:
        """`due` hears that identity has to be asked about somebody."""
        self._engine = engine
        self._clock = clock
        self._identity = identity
        self._method = internal_pb2_grpc.IdentityInternalStub(identity.channel).WatchAllAccounts
        self._due = due
        self._following = Following(
            engine, cursors, _STREAM, clock, tracer=tracer, watch=self._watch, deal=_deal_with, dealt=self._tell
        )

    async def run(self) -> None:
        """Follows until cancelled."""
        await self._following.run()

    async def _watch(self, cursor: bytes) -> AsyncGenerator[Told[Heard], None]:
        request = internal_pb2.WatchAllAccountsRequest(cursor=cursor.decode(), recent_changes=0 if cursor else _RECENT)
        lost = not cursor
        async with aclosing(self._identity.watch(self._method, request)) as stream:
            async for told in stream:
                if lost:
                    # Only now, since from here on whatever happens is told. Until it is done no cursor is kept, so that
                    # one who dies over it does it again.
                    await doubt_everybody(self._engine, self._clock.now())
                    await self._erase_what_is_owed()
                    self._due()
                    lost = False
                yield Told(told.cursor.encode(), _heard(told.events), told.traceparents)

    async def _erase_what_is_owed(self) -> None:
        async with aclosing(owed_erasures(self._identity)) as pages:
            async for owed in pages:
                async with transaction(self._engine) as connection:
                    await jobs.enqueue(connection, [erase_job(*_whose(each), _asked_by(each)) for each in owed])

    async def _tell(self, due: int) -> None:
        if due:
            self._due()


def _heard(events: Collection[events_pb2.AccountEvent]) -> Heard:
    erasures = tuple(
        erase_job(*_whose(event), _Event.Kind.Name(event.kind)) for event in events if event.kind in _ERASING
    )
    return Heard(frozenset(_whose(event) for event in events if event.kind not in _UNCHANGED), erasures)


def _whose(told: events_pb2.AccountEvent | internal_pb2.OwedErasure) -> tuple[str, str]:
    return told.platform.removeprefix("platforms/"), told.account.removeprefix("accounts/")


def _asked_by(owed: internal_pb2.OwedErasure) -> str:
    """Returns the event that asked for it, which was not heard."""
    return _Event.Kind.Name(_Event.ACCOUNT_ERASED if owed.erased else _Event.ERASURE_SCHEDULED)


async def _deal_with(connection: AsyncConnection, heard: Heard, now: datetime) -> int:
    """Marks accounts of campaigns that are not over; returns how much there is to do."""
    await jobs.enqueue(connection, heard.erasures)
    if not heard.accounts:
        return len(heard.erasures)
    of, which = targets.c, campaigns.c
    ours = and_(which.platform == of.platform, which.campaign == of.campaign, which.close_time.is_(None))
    marked = update(targets).where(tuple_(of.platform, of.account).in_(sorted(heard.accounts)), ours)
    return (await connection.execute(marked.values(review_time=now))).rowcount + len(heard.erasures)


async def doubt_everybody(engine: AsyncEngine, now: datetime) -> None:
    """Does the same for all accounts, by key, some in a transaction: together they would take longer than a statement may."""
    of, after = targets.c, ("", "", "")
    key = tuple_(of.platform, of.campaign, of.account)
    while True:
        following = (
            select(of.platform, of.campaign, of.account)
            .where(key > after)
            .order_by(of.platform, of.campaign, of.account)
            .limit(_AT_ONCE)
        )
        async with transaction(engine) as connection:
            found = [tuple(row) for row in await connection.execute(following)]
            if not found:
                return
            await connection.execute(update(targets).where(key.in_(found)).values(review_time=now))
        after = found[-1]
