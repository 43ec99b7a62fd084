"""What operators see and change of the fraud guard: its subjects as they stand, and exemptions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.scripts import guard_script
from xacthuc.otp.adapters.told import administered
from xacthuc.otp.adapters.valkey_guard import KNOWN_KEY, MOST_SUSPECTS, SINCE_KEY, SUSPECTS_KEY, subject_key
from xacthuc.otp.domain.guard import Kind, Known, Subject, judge
from xacthuc.otp.domain.guard_ledger import Ledger
from xacthuc.otp.ports.guard import GuardSubject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.otp.domain.guard import GuardRules
    from xacthuc.otp.domain.guard_ledger import Pair
    from xacthuc.valkey import Script, Store

MOST_SHOWN: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyGuardSubjects:
    """Implements `ports.guard.GuardSubjects`."""

    store: Store
    rules: GuardRules
    life: int
    clock_tolerance_ms: int
    exempt_script: Script = field(default_factory=lambda: guard_script("exempt"))

    async def all(self, now_ms: int, *, only_exceeding: bool) -> list[GuardSubject]:
        """Reads every subject on the lists and judges it."""
        operators, suspects = await asyncio.gather(
            self.store.execute("SMEMBERS", KNOWN_KEY),
            self.store.execute("ZREVRANGE", SUSPECTS_KEY, 0, MOST_SUSPECTS - 1),
        )
        names = sorted({name.decode() for name in (*operators, *suspects)})
        subjects = await self.read([Subject.parse(name) for name in names], now_ms)
        if only_exceeding:
            subjects = [subject for subject in subjects if subject.decision.exceeded]
        subjects.sort(key=lambda subject: (subject.decision.exceeded, subject.decision.pressure), reverse=True)
        return subjects[:MOST_SHOWN]

    async def read(self, subjects: Sequence[Subject], now_ms: int) -> list[GuardSubject]:
        """Reads subjects as they stand; those nobody was ever sent anything of are left out."""
        since, *replies = await asyncio.gather(
            self.store.execute("GET", SINCE_KEY),
            *(self.store.execute("HGETALL", subject_key(subject)) for subject in subjects),
        )
        since_ms = int(since) if since else now_ms
        return [
            self._judged(subject, dict(zip(words[::2], words[1::2], strict=True)), since_ms, now_ms)
            for subject, words in zip(subjects, replies, strict=True)
            if words
        ]

    async def exempt(self, subject: Subject, reason: str, until_ms: int, now_ms: int, *, actor: str) -> GuardSubject:
        """Runs `guard_exempt.lua` and leaves an outcome, so that identity can audit it."""
        arguments = (now_ms, self.clock_tolerance_ms, self.life, until_ms)
        await self.store.run(self.exempt_script, (subject_key(subject),), arguments)
        listing = ("ZADD", SUSPECTS_KEY, "NX", 0) if subject.kind is Kind.PREFIX else ("SADD", KNOWN_KEY)
        await self.store.execute(*listing, str(subject))
        detail = f"{'exempt' if until_ms > now_ms else 'exempt_end'}:{subject}:{reason}"
        await administered(self.store, "", detail, actor, now_ms)
        [standing] = await self.read([subject], now_ms)
        return standing

    def _judged(self, subject: Subject, fields: dict[bytes, bytes], since_ms: int, now_ms: int) -> GuardSubject:
        ledger = read_ledger(fields, self.life)
        known = Known(
            figures=ledger.figures(now_ms),
            first_ms=int(fields.get(b"first", now_ms)),
            exempt_until_ms=int(fields.get(b"ex", 0)),
            since_ms=since_ms,
        )
        return GuardSubject(
            subject=subject,
            decision=judge(subject, known, self.rules, now_ms),
            first_ms=known.first_ms,
            exempt_until_ms=known.exempt_until_ms if known.exempt_until_ms > now_ms else 0,
        )


def read_ledger(fields: dict[bytes, bytes], life: int) -> Ledger:
    """Reads the counts of a subject out of its hash, as `guard.lua` writes them."""
    sums = fields.get(b"past", b"0 0 0 0 0").split()
    sent_day, verified_day, sent_hour, verified_hour, best_day = map(int, sums)
    return Ledger(
        life,
        at=int(fields.get(b"at", 0)),
        young=_pairs(fields.get(b"yg", b"")),
        ripe=_pairs(fields.get(b"sl", b"")),
        hours=_pairs(fields.get(b"hr", b"")),
        days={int(day): int(count) for day, count in _items(fields.get(b"dy", b""))},
        past=(sent_day, verified_day, sent_hour, verified_hour, best_day),
    )


def _pairs(text: bytes) -> dict[int, Pair]:
    return {int(at): [int(number) for number in pair.split(b":")] for at, pair in _items(text)}


def _items(text: bytes) -> list[tuple[bytes, bytes]]:
    parted = (item.partition(b"=") for item in text.split(b",") if item)
    return [(at, value) for at, _, value in parted]
