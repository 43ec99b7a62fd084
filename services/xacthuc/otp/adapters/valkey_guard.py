"""The fraud guard in Valkey: counts each message by subject, in the trip of the limits, and hands the counts to judge.

A subject's counts are one hash in a slot of its own, `g:{operator:viettel}`; `scripts/guard.lua` changes it. While the
guard's part of the store is away, messages pass and it is counted: the limits beside it are closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from xacthuc.otp.adapters.scripts import guard_script
from xacthuc.otp.domain.guard import GuardDecision, Kind, Known, Subject, gravest, judge
from xacthuc.otp.domain.guard_ledger import Figures, slot_of
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from xacthuc.otp.domain.guard import GuardRules
    from xacthuc.valkey import Script, Store
    from xacthuc.valkey.link import Reply

SINCE_KEY: Final = "g:{since}"
"""When the guard was first seen at work in this store. It begins by recording."""

KNOWN_KEY: Final = "g:{known}"
"""Names of all operators' ranges and providers that were ever seen."""

SUSPECTS_KEY: Final = "g:{suspects}"
"""Names of subjects that exceeded a threshold, by when they last did."""

MOST_SUSPECTS: Final = 5000
"""Remembered by name. An attack on more blocks than this is one on their operators."""

_SUSPECTED_MS: Final = 15 * 24 * 3_600_000
"""As long as the counts of a block are kept."""

_NOTED_AGAIN_MS: Final = 10_000
_MOST_NOTED: Final = 10_000


def subject_key(subject: Subject) -> str:
    """Returns the name of the hash that counts a subject."""
    return f"g:{{{subject}}}"


@dataclass(slots=True, kw_only=True)
class ValkeyGuard:
    """Implements `ports.guard.Guard`."""

    store: Store
    rules: GuardRules
    life: int
    """Slots for which a message is in flight, see `guard_ledger.life_slots`."""
    clock_tolerance_ms: int
    let_through: Callable[[], None]
    """Told of each message that passed because its counts could not be asked."""
    told: Callable[[GuardDecision], None]
    """Told of each decision, for the metric."""
    count_script: Script = field(default_factory=lambda: guard_script("count"))
    take_back_script: Script = field(default_factory=lambda: guard_script("take_back"))
    _since_ms: int = 0
    _noted: dict[str, int] = field(default_factory=dict)

    def watch(self, operator: str, prefix: str, now_ms: int) -> Watched:
        """Counts a message under its operator's range and its block; the requests leave with this tick's others."""
        subjects = [Subject(Kind.OPERATOR, operator)]
        if prefix:
            subjects.append(Subject(Kind.PREFIX, prefix))
        since = None if self._since_ms else self.store.execute("SET", SINCE_KEY, now_ms, "NX", "GET")
        counts = [
            (subject, self.store.run(self.count_script, (subject_key(subject),), self._arguments(now_ms)))
            for subject in subjects
        ]
        return Watched(self, counts, since, now_ms)

    async def since_ms(self, asked: asyncio.Future[Reply] | None, now_ms: int) -> int:
        """Returns when the guard was first seen at work; StoreError when nobody says."""
        if asked is not None:
            found = await asked
            self._since_ms = int(found) if found else now_ms
        return self._since_ms

    def note(self, subject: Subject, now_ms: int) -> None:
        """Puts a subject that exceeds a threshold on the list, at most once in ten seconds."""
        name = str(subject)
        if self._noted.get(name, 0) + _NOTED_AGAIN_MS > now_ms:
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[name] = now_ms
        _forget(self.store.execute("ZADD", SUSPECTS_KEY, "GT", now_ms, name))
        _forget(self.store.execute("ZREMRANGEBYRANK", SUSPECTS_KEY, 0, -MOST_SUSPECTS - 1))
        _forget(self.store.execute("PEXPIRE", SUSPECTS_KEY, _SUSPECTED_MS))

    def welcome(self, subject: Subject) -> None:
        """Puts an operator's range or a provider on the list for ever; blocks of numbers are too many."""
        if subject.kind is not Kind.PREFIX:
            _forget(self.store.execute("SADD", KNOWN_KEY, str(subject)))

    def take_back(self, subject: Subject, slot: int, now_ms: int) -> None:
        """Forgets a message that was counted in `slot`, in the background. What is lost counts as unverified."""
        arguments = (*self._arguments(now_ms), slot)
        _forget(self.store.run(self.take_back_script, (subject_key(subject),), arguments))

    def _arguments(self, now_ms: int) -> tuple[int, int, int]:
        return now_ms, self.clock_tolerance_ms, self.life


@dataclass(slots=True)
class Watched:
    """Implements `ports.guard.Watched`: the counts of one message, on their way."""

    guard: ValkeyGuard
    counts: list[tuple[Subject, asyncio.Future[Reply]]]
    since: asyncio.Future[Reply] | None
    now_ms: int

    async def decision(self) -> GuardDecision | None:
        """Judges the message by the gravest of its subjects."""
        try:
            since_ms = await self.guard.since_ms(self.since, self.now_ms)
            seen = [(subject, _Seen.of(await reply, since_ms)) for subject, reply in self.counts]
        except StoreError:
            self.guard.let_through()
            self.take_back()
            return None
        decisions = {subject: judge(subject, counted.known, self.guard.rules, self.now_ms) for subject, counted in seen}
        decision = gravest(decisions.values())
        self._report(seen, decisions, against_block=decision.against_block)
        self.guard.told(decision)
        return decision

    def take_back(self) -> None:
        """Forgets the message: it was not sent, or had been counted before."""
        for subject, reply in self.counts:
            reply.add_done_callback(_TakeBack(self.guard, subject, self.now_ms))
        self.counts = []
        if self.since is not None:
            _forget(self.since)

    def _report(
        self, seen: list[tuple[Subject, _Seen]], decisions: dict[Subject, GuardDecision], *, against_block: bool
    ) -> None:
        for subject, counted in seen:
            if counted.new:
                self.guard.welcome(subject)
            if decisions[subject].exceeded:
                self.guard.note(subject, self.now_ms)
            # What a block of numbers is suspected of already is not held against everybody of its operator.
            if against_block and subject.kind is Kind.OPERATOR:
                self.guard.take_back(subject, counted.slot, self.now_ms)
        if against_block:
            self.counts = [(subject, reply) for subject, reply in self.counts if subject.kind is Kind.PREFIX]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What `guard_count.lua` answers."""

    new: bool
    slot: int
    known: Known

    @classmethod
    def of(cls, reply: Reply, since_ms: int) -> Self:
        new, first_ms, exempt_until_ms, slot, sums, in_flight = reply
        known = Known(
            figures=Figures.of(*map(int, sums.split()), in_flight=in_flight),
            first_ms=int(first_ms),
            exempt_until_ms=int(exempt_until_ms),
            since_ms=since_ms,
        )
        return cls(new == 1, int(slot), known)


@dataclass(frozen=True, slots=True)
class _TakeBack:
    """Takes a message back once it is known that, and where, it was counted."""

    guard: ValkeyGuard
    subject: Subject
    now_ms: int

    def __call__(self, reply: asyncio.Future[Reply]) -> None:
        if reply.cancelled():  # whoever waited for it went away; it was counted all the same
            self.guard.take_back(self.subject, slot_of(self.now_ms), self.now_ms)
        elif reply.exception() is None:
            self.guard.take_back(self.subject, _Seen.of(reply.result(), 0).slot, self.now_ms)


def _forget(reply: asyncio.Future[Reply]) -> None:
    """Leaves a request to itself: nobody waits for its answer, nor for its failure."""
    reply.add_done_callback(_look_away)


def _look_away(reply: asyncio.Future[Reply]) -> None:
    if not reply.cancelled():
        reply.exception()
