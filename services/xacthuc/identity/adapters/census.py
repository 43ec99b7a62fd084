"""How many accounts are in which state, as a metric: all of them are read, a page at a time, over and over.

Nothing keeps an account's state, and a child's age is sealed (`domain.account`, decision 21), so no statement can count. One
process at a time goes through the accounts, slowly; where it is, and what it found, lies in `cursors`, from where every
process tells the last whole count. Whoever stops is followed by another one that goes on at the same place.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.tables import accounts, cursors
from xacthuc.identity.domain.account import Kind, State, state_of
from xacthuc.sealing import UnsealError
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseRefused, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.ports.standing import FactsSource

ROUND: Final = timedelta(minutes=10)
"""From the begin of a count to that of the next. Beyond some 600 000 accounts a count takes longer, and the next follows."""

LEFT: Final = timedelta(minutes=1)
"""After which whoever counted and wrote nothing is taken for gone."""

_LOOK: Final = timedelta(minutes=1)
_BREATH: Final = timedelta(milliseconds=100)
"""Between pages, for the calls: a thousand accounts a second at the most, in the whole deployment."""

PAGE: Final = 100
"""Opening as many dates takes a few milliseconds of the event loop, in which no call is answered."""

_STREAM: Final = "accounts.count"
_IS_MINE: Final = cursors.c.stream == _STREAM


class Count(NamedTuple):
    """How far a count came."""

    began: datetime
    after: tuple[str, str] | None
    """Platform and account that were counted last; None when all were."""
    so_far: Mapping[str, int]
    """By state."""
    whole: Mapping[str, int] | None
    """By state, of the last count that came to its end; None before the first one did."""

    def spelled(self) -> bytes:
        """Returns it as `cursors` keeps it."""
        return json.dumps({**self._asdict(), "began": self.began.isoformat()}).encode()

    @classmethod
    def read(cls, kept: bytes) -> Count:
        """Returns what `spelled` wrote."""
        said: dict[str, Any] = json.loads(kept)
        after = None if said["after"] is None else (said["after"][0], said["after"][1])
        return cls(datetime.fromisoformat(said["began"]), after, said["so_far"], said["whole"])


class Census:
    """Runs beside the calls, in every process; one of them counts, and each tells the figures of all."""

    def __init__(
        self,
        engine: AsyncEngine,
        facts: FactsSource,
        clock: Clock,
        tell: Callable[[str, int], None],
        *,
        page: int = PAGE,
        breath: timedelta = _BREATH,
    ) -> None:
        """Takes a pool whose statements may take long, facts read through it, and who is told a state and its number."""
        self._engine = engine
        self._facts = facts
        self._clock = clock
        self._tell = tell
        self._page = page
        self._breath = breath.total_seconds()
        self._log = get_logger()

    async def run(self) -> None:
        """Looks now and then until cancelled, at random times so that processes take turns."""
        while True:
            await asyncio.sleep(_LOOK.total_seconds() * random.uniform(0.5, 1))
            try:
                await self.look()
            except (DatabaseUnavailable, DatabaseRefused, UnsealError) as fault:
                self._log.warning("accounts_not_counted", cause=type(fault).__name__)

    async def look(self) -> None:
        """Tells the last whole count, and counts on if it is time to and nobody else does."""
        kept = await self.begin()
        while kept is not None and await self.step(kept):
            await asyncio.sleep(self._breath)
            kept = await self._kept()
        done = await self._kept()
        if done is not None and (whole := Count.read(done).whole) is not None:
            for state in State:
                self._tell(state.value, whole.get(state.value, 0))

    async def _kept(self) -> bytes | None:
        async with transaction(self._engine) as connection:
            kept: bytes | None = await connection.scalar(select(cursors.c.position).where(_IS_MINE))
        return kept

    async def begin(self) -> bytes | None:
        """Returns the count that this process is to go on with, as it is kept; None when there is nothing to do."""
        now = self._clock.now()
        anew = Count(now, ("", ""), {}, None)
        first = {"stream": _STREAM, "position": anew.spelled(), "update_time": now}
        async with transaction(self._engine) as connection:
            if (await connection.execute(insert(cursors).values(first).on_conflict_do_nothing())).rowcount:
                return anew.spelled()
            # Whoever looks at the same time waits for this row, and then finds that it was written just now.
            left = (_IS_MINE, cursors.c.update_time <= now - LEFT)
            kept = await connection.scalar(select(cursors.c.position).where(*left).with_for_update())
            if kept is None:
                return None
            count = Count.read(kept)
            if count.after is None:
                if now < count.began + ROUND:
                    return None
                count = anew._replace(whole=count.whole)
            await connection.execute(update(cursors).where(*left).values(position=count.spelled(), update_time=now))
        return count.spelled()

    async def step(self, kept: bytes) -> bool:
        """Counts one more page; returns whether another one is to follow, by this process."""
        count, now = Count.read(kept), self._clock.now()
        if count.after is None:
            return False
        page = select(accounts.c.platform, accounts.c.account).where(
            _beyond(count.after), accounts.c.kind == Kind.PERSON
        )
        async with transaction(self._engine) as connection:
            found = await connection.execute(page.order_by(accounts.c.platform, accounts.c.account).limit(self._page))
            names = [(row.platform, row.account) for row in found]
        counted = Counter(count.so_far)
        for platform, of in groupby(names, key=lambda name: name[0]):
            facts = await self._facts.read(platform, [account for _, account in of])
            counted.update(state_of(each, self._clock.now_ms()).value for each in facts.values() if each.registered)
        more = len(names) == self._page
        moved = (
            count._replace(after=names[-1], so_far=counted)
            if more
            else count._replace(after=None, so_far={}, whole=counted)
        )
        return await self._moved(kept, moved, now) and more

    async def _moved(self, kept: bytes, moved: Count, now: datetime) -> bool:
        """Returns False when another process went on meanwhile: then its page is what counts."""
        step = update(cursors).where(_IS_MINE, cursors.c.position == kept)
        async with transaction(self._engine) as connection:
            done = await connection.execute(step.values(position=moved.spelled(), update_time=now))
        return done.rowcount == 1


def _beyond(after: tuple[str, str]) -> ColumnElement[bool]:
    return tuple_(accounts.c.platform, accounts.c.account) > tuple_(*map(literal, after))
