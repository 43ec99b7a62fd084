"""Spends from several limits at once, all or none, and gives back. The rules are `gcra.py`, the names `limits.py`."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from xacthuc.ratelimit.gcra import FOREVER_MS, Cause, Rule, State
from xacthuc.ratelimit.limits import FACTS, FailMode, Limit
from xacthuc.valkey import PRELUDE, Script, Store, StoreError, StoreUnavailable
from xacthuc.valkey.many import run_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.valkey.link import Reply, Word

_SPENT = 0
_KEPT = -1
_SPENT_NOW = -2

_T = TypeVar("_T")
_HERE = Path(__file__).parent

LIMIT_FUNCTIONS = (PRELUDE, _HERE / "hash.lua", _HERE / "gcra.lua")
"""Lua functions over one limit's hash, for scripts that spend a limit together with something else."""

CLOCK_TOLERANCE_MS = 2000
"""How far this process's clock may be off the server's. 0 leaves time to the caller: the sandbox's virtual clock."""


class Charge(NamedTuple):
    """What to spend from one limit.

    Attributes:
        limit: which one.
        key: its hash, from `limits.key_of`.
        rule: what it allows.
        cost: how many permits.

    """

    limit: Limit
    key: str
    rule: Rule
    cost: int = 1


class Once(NamedTuple):
    """What makes a spend idempotent: the record of the request that asks for it.

    Attributes:
        key: where the record is kept, in a slot of its own.
        value: what it holds, told to whoever asks again; not empty.
        keep_ms: how long it is remembered.

    """

    key: str
    value: str
    keep_ms: int


class Event(StrEnum):
    """What an outcome does to a limit: VERIFIED raises the quantity, WRONG counts to `wrong_cap`."""

    VERIFIED = "verified"
    WRONG = "wrong"


class Credit(NamedTuple):
    """What one outcome does to one limit.

    Attributes:
        charge: the limit; its cost does not count.
        event: what happened.
        partition: whose stream of outcomes the entry is from. Its entries come in order.
        entry_id: the entry's id in that stream, `ms-seq`. Its time is the time of the event.

    """

    charge: Charge
    event: Event
    partition: int
    entry_id: str


@dataclass(frozen=True, slots=True)
class SpendResult:
    """Whether all limits allowed it, and if not, which one refuses longest.

    Attributes:
        limit: the limit that refused; None when all allowed.
        cause: which part of its rule did.
        retry_at_ms: the first millisecond at which asking again makes sense; None when waiting does not help.
        unguarded: limits that could not be asked and let it pass, for the metric of open failures.
        kept: the `Once.value` of an earlier call of the same request; None for a new request.
        spent: whether this call spent; not when it refused, and not when the same request had spent before.

    """

    limit: Limit | None = None
    cause: Cause | None = None
    retry_at_ms: int | None = None
    unguarded: tuple[Limit, ...] = ()
    kept: bytes | None = None
    spent: bool = False

    @property
    def allowed(self) -> bool:
        """Whether it was spent, now or by the same request before."""
        return self.limit is None


class Limiter:
    """Limits that live alone (`limits.Home`). On one server a spend is one script; in a Cluster, one for each slot.

    Attributes:
        refunds_lost: refunds that failed, for a metric.

    """

    def __init__(self, store: Store, *, clock_tolerance_ms: int = CLOCK_TOLERANCE_MS) -> None:
        """Keeps its counters in `store`."""
        self._store = store
        self._tolerance_ms = clock_tolerance_ms
        self._spend = Script.from_file(_HERE / "spend.lua", *LIMIT_FUNCTIONS)
        self._refund = Script.from_file(_HERE / "refund.lua", *LIMIT_FUNCTIONS)
        self._fold = Script.from_file(_HERE / "fold.lua", *LIMIT_FUNCTIONS)
        self._bar = Script.from_file(_HERE / "bar.lua", *LIMIT_FUNCTIONS)
        self._background: set[asyncio.Future[Any]] = set()
        self.refunds_lost = 0

    async def load(self) -> None:
        """Makes every server know the scripts."""
        await self._store.load(self._spend, self._refund, self._fold, self._bar)

    async def spend(self, charges: Sequence[Charge], now_ms: int, *, once: Once | None = None) -> SpendResult:
        """Spends from all of `charges`, whose keys differ, or from none; with `once`, only the first time.

        In a Cluster the limits are asked side by side in one trip; those that allowed while another refused get their
        permits back in the background. A limit whose server is down does as its FailMode says.

        Raises StoreUnavailable when a limit that fails closed cannot be asked, ScriptError `CLOCK` when this process's
        clock is off the server's.
        """
        groups = self._by_slot(charges, once)
        if len(groups) == 1:
            return await self._spend_groups(groups, now_ms)
        # A caller that goes away must not take the refunds with it.
        return await asyncio.shield(self._track(asyncio.ensure_future(self._spend_groups(groups, now_ms))))

    def refund(self, charges: Sequence[Charge], *, spent_ms: int, now_ms: int, once: Once | None = None) -> None:
        """Gives back, in the background, what was spent at `spent_ms`: a second or two ago, else it is not exact.

        With `once` the request is forgotten too, so that a later try is judged anew. A refund that fails is counted in
        `refunds_lost` and leaves the limit a little stricter than it should be.
        """
        for group in self._by_slot(charges, once):
            self._track(self._run(self._refund, group, now_ms, spent_ms)).add_done_callback(self._count_lost)

    async def fold(self, outcomes: Sequence[Credit], now_ms: int) -> list[bool]:
        """Applies outcomes to limits; tells of each whether it was, or had been, or is too old to matter (False)."""
        of_limit: dict[tuple[str, ...], list[tuple[Word, ...]]] = defaultdict(list)
        for charge, event, partition, entry_id in outcomes:
            of_limit[charge.key,].append((charge.rule.spec, partition, entry_id, event.value))
        answers = await run_many(self._store, self._fold, (now_ms, self._tolerance_ms), of_limit)
        applied = {key: iter(of_one) for key, of_one in answers.items()}
        return [next(applied[credit.charge.key,]) == 1 for credit in outcomes]

    async def bar(self, key: str, *, until_ms: int = FOREVER_MS, now_ms: int) -> None:
        """Lets nothing through until `until_ms`; for ever is the kill switch of a platform, or of all."""
        await self._store.run(self._bar, (key,), (now_ms, self._tolerance_ms, until_ms))

    async def unbar(self, key: str, *, now_ms: int) -> None:
        """Lifts a bar, if there is one."""
        await self.bar(key, until_ms=0, now_ms=now_ms)

    async def read(self, key: str) -> State:
        """Returns what a limit remembers, for an operator to look at."""
        words: list[bytes] = await self._store.execute("HGETALL", key)
        fields = dict(zip(words[::2], words[1::2], strict=True))
        return State(
            tat_us=int(fields.get(b"tat", 0)),
            hour=int(fields.get(b"hour", 0)),
            verified=int(fields.get(b"ver", 0)),
            verified_before=int(fields.get(b"before", 0)),
            sent=_counts(fields.get(b"sent", b"")),
            wrong=_counts(fields.get(b"wrong", b"")),
            barred_until_ms=int(fields.get(b"bar", 0)),
        )

    async def drain(self) -> None:
        """Waits for what still runs in the background; call it before the store is closed."""
        while self._background:
            await asyncio.gather(*self._background, return_exceptions=True)

    def _by_slot(self, charges: Sequence[Charge], once: Once | None) -> list[_Group]:
        groups: dict[int, _Group] = {}
        if once is not None:
            groups[self._store.slot_of(once.key)] = _Group(once, [])
        for charge in charges:
            groups.setdefault(self._store.slot_of(charge.key), _Group(None, [])).charges.append(charge)
        return list(groups.values())

    async def _spend_groups(self, groups: Sequence[_Group], now_ms: int) -> SpendResult:
        spends = [self._run(self._spend, group, now_ms) for group in groups]
        answers = _Answers()
        for group, spend in zip(groups, spends, strict=True):
            try:
                answers.take(group, await spend)
            except StoreError as error:
                answers.miss(group, error)
        if not answers.final:
            for group in answers.spent:
                self._track(self._run(self._refund, group, now_ms, now_ms)).add_done_callback(self._count_lost)
        elif len(groups) > 1 and (once := groups[0].once) is not None:
            # Until this arrives the record says "nobody knows", and a repeated request spends for itself.
            value = answers.kept.decode() if answers.kept is not None else once.value
            self._track(self._store.execute("SET", once.key, f"!{value}", "XX", "PX", once.keep_ms))
        return answers.result()

    def _run(self, script: Script, group: _Group, now_ms: int, spent_ms: int | None = None) -> asyncio.Future[Reply]:
        # Spending is told for how long to keep the record, refunding when it was spent.
        once, time_ms = group.once, group.once.keep_ms if group.once and spent_ms is None else spent_ms or 0
        keys = [charge.key for charge in group.charges]
        arguments: list[int | str | bytes] = [now_ms, self._tolerance_ms, once.value if once else "", time_ms]
        for charge in group.charges:
            arguments += (charge.rule.spec, charge.cost)
        return self._store.run(script, [once.key, *keys] if once else keys, arguments)

    def _track(self, future: asyncio.Future[_T]) -> asyncio.Future[_T]:
        self._background.add(future)
        future.add_done_callback(self._background.discard)
        return future

    def _count_lost(self, refund: asyncio.Future[Reply]) -> None:
        if refund.cancelled() or refund.exception() is not None:
            self.refunds_lost += 1


class _Group(NamedTuple):
    """What goes to the server in one script: on one server everything, in a Cluster what shares a slot."""

    once: Once | None
    charges: list[Charge]

    @property
    def opens(self) -> bool:
        """Whether it lets things pass while its server is down. The record of a request never does."""
        return self.once is None and all(FACTS[charge.limit].fail_mode is FailMode.OPEN for charge in self.charges)


@dataclass(slots=True)
class _Answers:
    """What the groups of one spend answered, and what that makes together."""

    spent: list[_Group] = field(default_factory=list)
    unguarded: list[Limit] = field(default_factory=list)
    refusals: list[tuple[int, Charge, Cause]] = field(default_factory=list)
    failures: list[StoreError] = field(default_factory=list)
    kept: bytes | None = None
    paid: bool = False
    """Whether the request spent before."""

    def take(self, group: _Group, reply: Reply) -> None:
        if reply[0] == _SPENT:
            self.spent.append(group)
        elif reply[0] == _SPENT_NOW:
            self.spent.append(group)
            self.kept = reply[1]
        elif reply[0] == _KEPT:
            self.kept, self.paid = reply[1][1:], reply[1][:1] == b"!"
        else:
            self.refusals.append((reply[1], group.charges[reply[0] - 1], Cause(reply[2].decode())))

    def miss(self, group: _Group, error: StoreError) -> None:
        if isinstance(error, StoreUnavailable) and group.opens:
            self.unguarded.extend(charge.limit for charge in group.charges)
        else:
            self.failures.append(error)

    @property
    def final(self) -> bool:
        """Whether what was spent stays spent."""
        return not self.paid and not self.refusals and not self.failures

    def result(self) -> SpendResult:
        unguarded = tuple(self.unguarded)
        # Who has paid is allowed, unless it was stopped since.
        refusals = [refusal for refusal in self.refusals if not self.paid or refusal[2] is Cause.BARRED]
        if refusals:
            retry_at_ms, charge, cause = max(refusals, key=lambda refusal: refusal[0])
            return SpendResult(charge.limit, cause, None if retry_at_ms >= FOREVER_MS else retry_at_ms, unguarded)
        if self.failures:
            raise self.failures[0]
        return SpendResult(unguarded=unguarded, kept=self.kept, spent=bool(self.spent) and not self.paid)


def _counts(text: bytes) -> tuple[tuple[int, int], ...]:
    pairs = (pair.split(b"=") for pair in text.split(b",") if pair)
    return tuple((int(hour), int(count)) for hour, count in pairs)
