"""Writes what was heard of notices where it belongs: what became of each, who carried it, and what it cost.

A notice may be told of before whoever sent it has written down what it is called, or died and is doing it again: it is
looked for once a minute, and for as long as somebody could still write it.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, select, tuple_, update

from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.purses import pay
from xacthuc.backfill.adapters.tables import asks, receipts, targets
from xacthuc.backfill.domain.campaign import Step
from xacthuc.backfill.domain.receipts import Fate, Heard, Word, out_of_use, settled
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.ports.campaigns import Kept
    from xacthuc.clock import Clock

KEPT: Final = timedelta(days=2)
"""How long somebody may still write down what a notice is called: otp names it the same for a day (`SendNotice`)."""
_AT_ONCE: Final = 200
_AGAIN: Final = timedelta(minutes=1)
_LOOK_SECONDS: Final = 1.0


class Settling:
    """Runs beside the calls, in every process. Settling twice changes nothing the second time."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        """Takes the pool."""
        self._engine = engine
        self._clock = clock
        self._wake = asyncio.Event()
        self._log = get_logger()

    def wake(self) -> None:
        """Says that something was heard."""
        self._wake.set()

    async def run(self) -> None:
        """Settles until cancelled. A database that is down is waited for."""
        while True:
            self._wake.clear()
            try:
                while await self.settle():
                    pass
            except DatabaseUnavailable as error:
                self._log.warning("settling_waits", cause=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS * random.uniform(0.8, 1)):
                    await self._wake.wait()

    async def settle(self) -> bool:
        """Settles some of what was heard; whether there may be more."""
        now = self._clock.now()
        of = receipts.c
        found = select(receipts).where(of.look_time <= now).order_by(of.look_time).limit(_AT_ONCE)
        async with transaction(self._engine) as connection:
            heard = (await connection.execute(found.with_for_update(skip_locked=True))).all()
            if not heard:
                return False
            told = defaultdict[tuple[str, str], list[Heard]](list)
            for row in heard:
                told[row.platform, row.notice].append(Heard(Word(row.word), row.provider, row.vnd))
            which = select(asks).where(tuple_(asks.c.platform, asks.c.notice).in_(sorted(told)))
            concerned = which.order_by(asks.c.platform, asks.c.campaign)
            asked = (await connection.execute(concerned)).all()
            for (platform, name), ours in groupby(asked, lambda row: (row.platform, row.campaign)):
                await _settle(connection, platform, name, {row.notice: told[platform, row.notice] for row in ours})
            done = {(row.platform, row.notice) for row in asked}
            key = tuple_(of.platform, of.notice, of.word)
            keys = [(row.platform, row.notice, row.word) for row in heard if (row.platform, row.notice) in done]
            left = [(row.platform, row.notice, row.word) for row in heard if (row.platform, row.notice) not in done]
            await connection.execute(delete(receipts).where(key.in_(keys)))
            await connection.execute(update(receipts).where(key.in_(left)).values(look_time=now + _AGAIN))
        return len(heard) == _AT_ONCE


async def _settle(connection: AsyncConnection, platform: str, name: str, told: Mapping[str, Sequence[Heard]]) -> None:
    """Does it within the lock of the campaign, since money is taken and given back under it."""
    found = await rows.read(connection, platform, name, lock=True)
    if found is None:
        return
    kept, of = rows.kept_of(found), asks.c
    which = select(asks).where(*rows.of_campaign(asks, platform, name), of.notice.in_(list(told)))
    changes, saved, dead = list[dict[str, Any]](), dict[date, int](), set[str]()
    for ask in await connection.execute(which.with_for_update()):
        before = Fate(ask.vnd, ask.provider, ask.ending)
        fate = settled(before, told[ask.notice], kept.plan)
        if out_of_use(fate, told[ask.notice]):
            dead.add(ask.account)
        if fate != before:
            of_ask = {"its_wave": ask.wave, "its_account": ask.account}
            changes.append({**of_ask, "new_vnd": fate.vnd, "new_provider": fate.provider, "new_ending": fate.ending})
            saved[ask.pay_day] = saved.get(ask.pay_day, 0) + fate.vnd - before.vnd
    await _write(connection, kept, changes)
    for day in sorted(saved):
        await pay(connection, platform, name, day, notices=0, vnd=saved[day])
    if dead:
        await _destroy_numbers(connection, kept, sorted(dead))


async def _write(connection: AsyncConnection, kept: Kept, changes: Sequence[dict[str, Any]]) -> None:
    if not changes:
        return
    of, ours = asks.c, rows.of_campaign(asks, kept.platform, kept.name)
    written = update(asks).where(*ours, of.wave == bindparam("its_wave"), of.account == bindparam("its_account"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("vnd", "provider", "ending")}
    await connection.execute(written.values(values), changes)


async def _destroy_numbers(connection: AsyncConnection, kept: Kept, accounts: Sequence[str]) -> None:
    """Has accounts asked on the platform's own screens alone, with all others on their numbers.

    Where a notice is on its way at this moment, what is told of that one will do.
    """
    of, ours = targets.c, rows.of_campaign(targets, kept.platform, kept.name)
    whose = select(of.person).where(*ours, of.account.in_(accounts), of.person.is_not(None))
    people = list(await connection.scalars(whose))
    idle = of.doing.is_distinct_from(Step.NOTICE)
    gone = update(targets).where(*ours, of.person.in_(people), idle)
    await connection.execute(gone.values(number=None, person=None))
