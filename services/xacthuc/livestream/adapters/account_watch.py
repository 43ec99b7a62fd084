"""Follows what happens to accounts, and has every running broadcast of theirs decided anew (`reviews.py`).

What identity said of an account before is marked as old in the same commit, so that a call which asked before that and
writes after it notices (`ports.broadcasts`).

When something was lost to us, everything that runs is decided anew, and identity is asked for the erasures that it waits for.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import tuple_, update

from xacthuc.api.identity.v1 import events_pb2, internal_pb2, internal_pb2_grpc
from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.erasures import erase_job
from xacthuc.livestream.adapters.tables import broadcasters, broadcasts, cursors, jobs
from xacthuc.sql.engine import transaction
from xacthuc.sql.following import Following, Stream, Told
from xacthuc.telemetry.tracing import carried
from xacthuc.watching.owed import owed_erasures

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.jobs.job import Job
    from xacthuc.telemetry.tracing import Tracer

_STREAM: Final = Stream("identity.accounts", "accounts")
_LONGEST_PAUSE: Final = timedelta(seconds=1)
"""Whoever may not sell any more sells on for as long as nobody follows."""
_ERASING: Final = frozenset({events_pb2.AccountEvent.ERASURE_SCHEDULED, events_pb2.AccountEvent.ACCOUNT_ERASED})
_RECENT: Final = 1_000
"""Without a place to go on from it begins so many changes before the end: everything that runs is decided anew then."""
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
        self,
        engine: AsyncEngine,
        identity: ServiceChannel,
        clock: Clock,
        tracer: Tracer,
        *,
        due: Callable[[], None],
    ) -> None:
        """`due` hears that something has to be decided anew."""
        self._engine = engine
        self._clock = clock
        self._identity = identity
        self._method = internal_pb2_grpc.IdentityInternalStub(identity.channel).WatchAllAccounts
        self._due = due
        self._following = Following(
            engine,
            cursors,
            _STREAM,
            clock,
            tracer=tracer,
            watch=self._watch,
            deal=_deal_with,
            dealt=self._tell,
            longest_pause=_LONGEST_PAUSE,
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
        erase_job(*_whose(event), events_pb2.AccountEvent.Kind.Name(event.kind))
        for event in events
        if event.kind in _ERASING
    )
    return Heard(frozenset(map(_whose, events)), erasures)


def _whose(told: events_pb2.AccountEvent | internal_pb2.OwedErasure) -> tuple[str, str]:
    return told.platform.removeprefix("platforms/"), told.account.removeprefix("accounts/")


def _asked_by(owed: internal_pb2.OwedErasure) -> str:
    """Returns the event that asked for it, which was not heard."""
    asked = events_pb2.AccountEvent
    return asked.Kind.Name(asked.ACCOUNT_ERASED if owed.erased else asked.ERASURE_SCHEDULED)


async def _deal_with(connection: AsyncConnection, heard: Heard, now: datetime) -> int:
    """Marks what was known of accounts as old, and their running broadcasts as due; returns how much there is to do."""
    if not heard.accounts:
        return 0
    await jobs.enqueue(connection, heard.erasures)
    return await _doubt(connection, sorted(heard.accounts), now) + len(heard.erasures)


async def doubt_everybody(engine: AsyncEngine, now: datetime) -> None:
    """Does the same for all accounts, by key, some in a transaction: together they would take longer than a statement may.

    One that is asked about meanwhile behind the place where this stands is asked about after whatever was lost.
    """
    after = ("", "")
    while True:
        async with transaction(engine) as connection:
            page = await connection.execute(rows.accounts_behind(after, _AT_ONCE))
            found = [(row.platform, row.account) for row in page]
            if not found:
                return
            await _doubt(connection, found, now)
        after = found[-1]


async def _doubt(connection: AsyncConnection, accounts: Sequence[tuple[str, str]], now: datetime) -> int:
    whose, which = broadcasters.c, broadcasts.c
    # First the accounts, as everybody does who changes broadcasts of theirs.
    marked = update(broadcasters).where(tuple_(whose.platform, whose.account).in_(accounts))
    await connection.execute(marked.values(heard=whose.heard + 1, trace=carried()))
    due = update(broadcasts).where(which.state == rows.LIVE, tuple_(which.platform, which.account).in_(accounts))
    return (await connection.execute(due.values(review_time=now))).rowcount
