"""Walks identity through years on the real database: lives are drawn, the clock stops wherever something happens or is due.

What a model of its own says of each row (`retention_model`), with the holds as they were placed and released and with the
times at which nothing worked, is compared with what is there: one second before it is due and as soon as it is. No row of
any kind is left out, and the walk ends when nothing is left.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention_model import KINDS, OF_ACCOUNT, Span, covered, first_free, later
from sqlalchemy import text
from time_travel_acts import PLATFORM, Acts
from time_travel_hands import Hands
from time_travel_lives import drawn, gaps
from time_travel_rows import EVERY, Row, rows_of

from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.retention import counting
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.usecases import retention

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
GRACE = timedelta(hours=24)
"""How late a purge may be before it is counted."""
COUNTED = 0.3
"""At how many stops the service's own figures are asked for; at all while nothing works."""
STRICTLY_OLDER = {"AUDIT", "EVENT", "JOB_ATTEMPT"}
"""What goes once it is older than its term, and not yet when it is as old."""


@dataclass
class Piece:
    """A row that is kept, and since when its clock runs."""

    row: Row
    start: datetime
    not_before: datetime
    """Before that it does not go, whatever its clock says: its job is at work, or it was put aside by then."""


class Travel:
    """One deployment on its way."""

    def __init__(self, bench, engine, seed: int) -> None:
        self.bench, self.engine, self.chance = bench, engine, random.Random(seed)
        self.hands = Hands(bench, engine)
        self.acts = Acts(bench, self.hands.desk)
        self.pieces: dict[Row, Piece] = {}
        self.holds: dict[str, list[Span]] = defaultdict(list)
        self.placed: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        self.ended: dict[str, datetime] = {}
        self.erased: set[str] = set()
        self.there: set[str] = set()
        """Accounts that were registered and not destroyed."""
        self.outages: list[Span] = []
        self.waited: set[str] = set()
        self.seen: set[str] = set()
        """Kinds of which a row was there until its time and gone at it."""

    @property
    def now(self) -> datetime:
        return self.bench.clock.now()

    async def walk(self, *, lives: int, rounds: int, visits: int, outages: int) -> None:
        """Goes through everything until nothing is left; asserts on the way."""
        times = [self.now]
        for gap in gaps(self.chance, visits - 1):
            times.append(times[-1] + gap)
        plans = drawn(self.chance, lives, rounds, visits)
        for _ in range(outages):
            # Where something is due that was begun by a visit, so that it is late.
            begins = self.chance.choice(times) + self.chance.choice((1, 30, 731, 1826)) * DAY - 2 * HOUR
            self.outages.append((begins, begins + self.chance.randrange(2, 7) * DAY))
        while True:
            stop = await self._next(times)
            if stop is None:
                break
            if stop - SECOND > self.now:
                self.bench.clock.advance(stop - SECOND - self.now)
                await self._pass()
            self.bench.clock.advance(stop - self.now)
            if times and times[0] == self.now:
                await self._visit(visits - len(times), plans)
                times.pop(0)
            await self._pass()
            if covered(self.now, self.outages) or self.chance.random() < COUNTED:
                await self._count()
        assert self.pieces == {}, "kept for ever"

    async def _next(self, times: list[datetime]) -> datetime | None:
        stops = [at for piece in self.pieces.values() if (at := self._gone(piece)) is not None and at > self.now]
        stops += times[:1]
        if stops:
            stops += [end for _, end in self.outages if end is not None and end > self.now]
        if await self.bench.identity.evidence.owed("guardian", 0, 1):
            stops.append(self.now + 3 * DAY)
        return min(stops, default=None)

    async def _visit(self, visit: int, plans) -> None:
        self.chance.shuffle(plans)
        for plan in plans:
            for _, act, account in [each for each in plan if each[0] == visit]:
                if act == "hold":
                    await self._hold(account)
                elif act == "release":
                    await self._release(account)
                elif act != "child" or account not in self.there:
                    await self._act(act, account)

    async def _act(self, act: str, account: str) -> None:
        begun = await getattr(self.acts, act)(account)
        if act in {"register", "child"}:
            self.there.add(account)
        if act in {"close", "erase"}:
            self.ended[account] = self.now
        if act == "erase":
            self.erased.add(account)
        await self.hands.tell()
        new = await self._find()
        assert begun <= {row.kind for row in new}, f"{act} began {new}, and not {begun}"

    async def _hold(self, account: str) -> None:
        hold = await self.acts.hold(account)
        assert (hold is not None) == (account in self.there), f"held: {hold} of {account}"
        if hold is not None:
            self.placed[account].append((hold, self.now))
            self.holds[account].append((self.now, None))

    async def _release(self, account: str) -> None:
        if not self.placed[account]:
            return
        hold, since = self.placed[account].pop(self.chance.randrange(len(self.placed[account])))
        await self.acts.release(hold)
        self.holds[account].remove((since, None))
        self.holds[account].append((since, self.now))
        await self.hands.tell()
        assert "HOLD" in {row.kind for row in await self._find()}

    async def _pass(self) -> None:
        """Does what is due, unless nothing works at the time; then looks."""
        if not covered(self.now, self.outages):
            await self.hands.destroy()
        for owed in await self.bench.identity.evidence.owed("guardian", 0, 1000):
            if self.chance.random() < 0.5:
                order = self.acts.order()
                await retention.acknowledge_erasure(self.bench.identity, order, owed.account_id, "guardian", None)
        await self.hands.tell()
        await self._find()
        await self._look()

    async def _rows(self) -> set[Row]:
        async with self.engine.connect() as connection:
            return rows_of(await connection.execute(text(EVERY)))

    async def _find(self) -> set[Row]:
        """Takes up what was not there before: its clock began now, unless an act said otherwise."""
        new = await self._rows() - self.pieces.keys()
        starts = self.acts.starts
        for row in new:
            start, not_before = starts.get((row.kind, row.account), self.now), self.now
            if row.kind == "HELD_SESSION":
                start = self.pieces[row._replace(kind="SESSION")].start
            self.pieces[row] = Piece(row, start, not_before)
        for row in new:
            starts.pop((row.kind, row.account), None)
        for piece in self.pieces.values():
            kind, name, _ = piece.row
            piece.start = starts.pop((kind, name), piece.start)
            if kind == "JOB_ATTEMPT" and name.partition("/")[0] in self.waited - self.hands.waiting:
                piece.not_before = self.now
        self.waited = set(self.hands.waiting)
        return new

    def _gone(self, piece: Piece) -> datetime | None:
        """Returns from when on a row is gone; None while that cannot be said."""
        (kind, name, account), kept = piece.row, KINDS[piece.row.kind]
        if kind == "JOB_ATTEMPT" and name.partition("/")[0] in self.hands.waiting:
            return None
        holds = self.holds[account] if kept.held else []
        due = max(kept.due(piece.start) + (kind in STRICTLY_OLDER) * INSTANT, piece.not_before)
        if kind == "RELEASE_DOCUMENT":
            due = min(due, self.acts.fetched.get(name, due))
        ends = [first_free(due, holds, self.outages)]
        if account in self.ended:
            ends.append(self._with_account(piece.row, self.ended[account]))
        return min((end for end in ends if end is not None), default=None)

    def _with_account(self, row: Row, ended: datetime) -> datetime | None:
        """Returns when a row goes because its account ended."""
        holds = self.holds[row.account]
        if row.kind in OF_ACCOUNT:
            return first_free(later(ended, KINDS["ACCOUNT"].months), holds, self.outages)
        if row.kind == "SIGN_IN":
            return ended
        if row.kind == "REQUEST" and row.account in self.erased and not row.name.startswith("EraseAccount"):
            return first_free(ended, holds, self.outages) if covered(ended, holds) else ended
        return None

    async def _look(self) -> None:
        rows, opens = await self._rows(), await self._opens()
        for row, piece in list(self.pieces.items()):
            gone = self._gone(piece)
            is_there = row in rows
            if gone is None or self.now < gone:
                assert is_there, f"destroyed early: {piece}, due {gone}, now {self.now}"
                continue
            assert not is_there, f"kept late: {piece}, due {gone}, now {self.now}"
            self.seen.add(row.kind)
            del self.pieces[row]
            if row.kind in {"ACCOUNT", "PENDING"}:
                self.there.discard(row.account)
            if row.kind == "SESSION":
                put_aside = row._replace(kind="HELD_SESSION") in rows
                assert put_aside == covered(self.now, self.holds[row.account]), f"put aside: {put_aside}, {piece}"
        assert rows == self.pieces.keys()
        assert opens == {row.account for row in self.pieces if row.kind == "ACCOUNT"}

    async def _opens(self) -> set[str]:
        """Returns those of the ended accounts of which there is a key, and what was agreed to; never one without the other."""
        agreed = text("SELECT account FROM identity.consents WHERE account = ANY(:ended)")
        async with self.engine.connect() as connection:
            agreeing = set(await connection.scalars(agreed, {"ended": list(self.ended)}))
        names = [name for account in self.ended for name in (account, hold_of(account))]
        keys = await self.bench.keys.get_many(PLATFORM, names) if names else {}
        opening = {
            account
            for account in self.ended
            if any(not isinstance(keys[name], NoKey) for name in (account, hold_of(account)))
        }
        assert opening == agreeing
        return opening

    async def _count(self) -> None:
        """What the service counts as late or held is what the model does, to the row."""
        late, held = Counter(), Counter()
        for row, piece in self.pieces.items():
            kept = KINDS[row.kind]
            due = kept.due(piece.start)
            if kept.held and covered(self.now, self.holds[row.account]):
                held[row.kind] += due <= self.now
            elif row.kind != "JOB_ATTEMPT" or row.name.partition("/")[0] not in self.hands.waiting:
                late[row.kind] += due + GRACE <= self.now
        late["EVENT"] = min(late["EVENT"], 1)  # the first one tells of all
        # Of the trail more is counted than is followed here.
        rules = [rule for rule in self.hands.rules if rule.data != "AUDIT" or not late["AUDIT"]]
        for figure in await counting.count(self.engine, rules, self.now, GRACE):
            kind = figure.rule.data.value
            assert (figure.late, figure.held) == (late[kind], held[kind]), f"{kind} at {self.now}"
