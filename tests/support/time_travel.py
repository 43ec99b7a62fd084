"""Walks identity through years on the real database: lives are drawn, the clock stops wherever something happens or is due.

What the plan says of each piece of data, with the holds as they were placed and released, is compared with what is there,
one second before it is due and as soon as it is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, select, update

from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.purge import Purge
from xacthuc.identity.adapters.retention import counting, sweeping
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.tables import accounts, consents, evidence, jobs, locks, proofs
from xacthuc.identity.commands import EndAccount, LockAccount, UnlockAccount
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.retention import Data, Hold, due, plan
from xacthuc.identity.ports.numbers import Settled
from xacthuc.identity.ports.retention import HoldOrder
from xacthuc.identity.usecases import lifecycle, numbers, retention
from xacthuc.identity.usecases import locks as locking
from xacthuc.jobs.job import Job, RetryAt

PLATFORM = "forum"
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
YEARS = 3 * 365


@dataclass(frozen=True)
class Piece:
    """Something that is kept, and since when its clock runs."""

    data: Data
    account: str
    start: datetime
    found: object = field(compare=False, repr=False)
    """Where it is looked up: returns whether it is there."""


class Travel:
    """One deployment on its way through three years."""

    def __init__(self, bench, engine, seed: int) -> None:
        self.bench, self.engine, self.chance = bench, engine, random.Random(seed)
        self.rules = {rule.data: rule for rule in plan(bench.identity.policy)}
        self.grace = timedelta(hours=bench.identity.policy.retention.late_hours)
        self.purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
        self.holds: dict[str, list[Hold]] = {}
        self.standing: dict[str, tuple[str, datetime]] = {}
        self.pieces: list[Piece] = []
        self.ended: dict[str, datetime] = {}
        self.start = bench.clock.now()

    @property
    def now(self) -> datetime:
        return self.bench.clock.now()

    async def walk(self, lives: int) -> None:
        """Goes through everything; asserts on the way."""
        events = sorted(
            (when, account, verb)
            for number in range(lives)
            for account in (f"u{number}",)
            for when, verb in self._life(number)
        )
        end = self.start + (YEARS + 800) * DAY
        while self.now < end:
            happening = events[0][0] if events else end
            stops = [at for at in self._dues() if at > self.now] + [happening]
            stop = min(stops)
            if stop - SECOND > self.now:
                self.bench.clock.advance(stop - SECOND - self.now)
                await self._work_and_look()
            self.bench.clock.advance(stop - self.now)
            while events and events[0][0] <= self.now:
                _, account, verb = events.pop(0)
                await getattr(self, verb)(account)
            await self._work_and_look()

    def _life(self, number: int) -> list[tuple[datetime, str]]:
        """Draws what an account goes through: verified, moved, locked, held, and ended one way or the other."""
        chance = self.chance

        def after(days: float) -> datetime:
            return self.start + timedelta(days=days, seconds=chance.randrange(86_400))

        born = chance.randrange(0, 200)
        if number % 5 == 4:
            found = [(after(born), "child")]
            if chance.random() < 0.5:
                found += [(after(born + 10), "hold"), (after(born + chance.randrange(20, 90)), "release")]
            return found
        found = [(after(born), "register"), (after(born + 2), "verify")]
        if chance.random() < 0.7:
            found.append((after(born + chance.randrange(3, 200)), "change"))
        if chance.random() < 0.5:
            locked = born + chance.randrange(3, 200)
            found += [(after(locked), "lock"), (after(locked + chance.randrange(1, 60)), "unlock")]
        ended = born + chance.randrange(250, 400)
        found.append((after(ended), chance.choice(("close", "erase"))))
        for _ in range(chance.randrange(3)):
            held = chance.randrange(0, YEARS)
            found += [(after(held), "hold"), (after(held + chance.randrange(1, 500)), "release")]
        return found

    def _dues(self) -> list[datetime]:
        return [at for piece in self.pieces if (at := self._gone(piece)) is not None]

    def _gone(self, piece: Piece) -> datetime | None:
        """What the plan says; what is kept of an account goes with the account, if that comes first."""
        held = self.holds.get(piece.account, [])
        own = due(self.rules[piece.data], piece.start, held)
        if piece.data in {Data.LAPSED_EVIDENCE, Data.ENDED_LOCK} and piece.account in self.ended:
            whole = due(self.rules[Data.ACCOUNT], self.ended[piece.account], held)
            return min((at for at in (own, whole) if at is not None), default=None)
        return own

    async def _work_and_look(self) -> None:
        await self._run_jobs()
        await sweeping.destroy(self.engine, self.rules.values(), self.now)
        # The audit trail is pruned by whole seals, by a loop of its own that does not run here.
        rules = [rule for rule in self.rules.values() if rule.data is not Data.AUDIT]
        late = await counting.count(self.engine, rules, self.now, self.grace)
        assert [figure for figure in late if figure.late] == []
        async with self.engine.connect() as connection:
            for piece in self.pieces:
                gone = self._gone(piece)
                there = await piece.found(connection)
                if gone is None or self.now < gone:
                    assert there, f"destroyed early: {piece}, due {gone}, now {self.now}"
                elif self.now >= gone + timedelta(days=3) or piece.data in sweeping.ELSEWHERE:
                    assert not there, f"kept late: {piece}, due {gone}, now {self.now}"
        self.pieces = [piece for piece in self.pieces if (at := self._gone(piece)) is None or self.now < at + 4 * DAY]

    async def _run_jobs(self) -> None:
        """Does what a worker would whose clock is this one."""
        handlers = {"PURGE": self.purge.purge, "DESTROY_KEY": self.purge.destroy_key}
        due_now = select(jobs.jobs).where(jobs.jobs.c.due_time <= self.now, jobs.jobs.c.kind.in_(handlers))
        while True:
            async with self.engine.connect() as connection:
                rows = (await connection.execute(due_now)).all()
            if not rows:
                return
            for row in rows:
                answer = await handlers[row.kind](Job(row.kind, row.key, row.payload))
                async with self.engine.begin() as connection:
                    is_row = jobs.jobs.c.id == row.id
                    if isinstance(answer, RetryAt):
                        await connection.execute(update(jobs.jobs).where(is_row).values(due_time=answer.when))
                    else:
                        await connection.execute(delete(jobs.jobs).where(is_row))

    async def register(self, account: str) -> None:
        await self.bench.register(account)

    async def child(self, account: str) -> None:
        await self.bench.register(account, (2024, 1, 2))
        self.pieces.append(Piece(Data.PENDING, account, self.now, _row(accounts, account)))

    async def verify(self, account: str) -> None:
        await self._prove(account, change=False)

    async def change(self, account: str) -> None:
        lapsed = self.now
        await self._prove(account, change=True)
        self.pieces.append(
            Piece(
                Data.LAPSED_EVIDENCE,
                account,
                lapsed,
                _row(evidence, account, evidence.c.lapse_time == lapsed, number=True),
            )
        )

    async def _prove(self, account: str, *, change: bool) -> None:
        proof = self.bench.proof(account, f"+8491{self.chance.randrange(10**7):07d}")
        order = self._order()
        await self.bench.identity.verifications.begin(order, account, self.now)
        settled = await numbers.settle(self.bench.identity, order, account, proof, change=change)
        assert isinstance(settled, Settled), settled
        self.pieces.append(
            Piece(Data.PROOF, account, self.now, _row(proofs, account, proofs.c.proof_id == proof.proof_id))
        )

    async def lock(self, account: str) -> None:
        command = LockAccount(order=self._order(), account_id=account, basis="order", expire_time=None)
        await locking.lock_account(self.bench.identity, command)

    async def unlock(self, account: str) -> None:
        command = UnlockAccount(order=self._order(), account_id=account, basis="lifted")
        await locking.unlock_account(self.bench.identity, command)
        self.pieces.append(Piece(Data.ENDED_LOCK, account, self.now, _row(locks, account)))

    async def close(self, account: str) -> None:
        await self._end(account, lifecycle.close_account)

    async def erase(self, account: str) -> None:
        await self._end(account, lifecycle.erase_account)

    async def _end(self, account: str, verb) -> None:
        await verb(self.bench.identity, EndAccount(order=self._order(), account_id=account))
        self.ended[account] = self.now

        async def kept(connection) -> bool:
            life = await connection.scalar(select(accounts.c.life).where(accounts.c.account == account))
            keys = await self.bench.keys.get_many(PLATFORM, (account, hold_of(account)))
            opens = any(not isinstance(key, NoKey) for key in keys.values())
            assert opens == (life != Life.ERASED)
            agreed = await connection.scalar(select(consents.c.id).where(consents.c.account == account))
            assert (agreed is not None) == opens
            return opens

        self.pieces.append(Piece(Data.ACCOUNT, account, self.now, kept))

    async def hold(self, account: str) -> None:
        wanted = HoldOrder(
            authority="A05", legal_basis="Law 116/2025 Art. 25", reference="1/CV", review_time=self.now + 900 * DAY
        )
        placed = await retention.place_hold(self.bench.identity, self._order(), wanted, [account])
        if account not in placed.not_held:
            self.standing[account] = placed.hold.hold_id, self.now
            self.holds.setdefault(account, []).append(Hold(self.now))

    async def release(self, account: str) -> None:
        if account not in self.standing:
            return
        hold_id, placed = self.standing.pop(account)
        await retention.release_hold(self.bench.identity, self._order(), hold_id, "no longer needed")
        held = self.holds[account]
        held[held.index(Hold(placed))] = Hold(placed, self.now)

    def _order(self):
        return self.bench.order(uuid4().hex, "M")


def _row(table, account: str, *conditions, number: bool = False):
    async def found(connection) -> bool:
        wanted = (table.c.account == account, *conditions)
        if number:
            wanted = (*wanted, table.c.number.is_not(None))
        return await connection.scalar(select(table.c.account).where(*wanted).limit(1)) is not None

    return found
