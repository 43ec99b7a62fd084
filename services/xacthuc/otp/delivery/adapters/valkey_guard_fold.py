"""Tells the fraud guard what became of messages: which codes were entered, and what each provider sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.scripts import guard_script
from xacthuc.otp.adapters.valkey_guard import KNOWN_KEY, subject_key
from xacthuc.otp.domain.challenge import NETWORK
from xacthuc.otp.domain.guard import Kind, Subject
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS
from xacthuc.valkey.many import run_many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
    from xacthuc.valkey import Script, Store
    from xacthuc.valkey.link import Word

_NEW: Final = 2
_NETWORK: Final = str(NETWORK).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardCredits:
    """Implements `Folder`: each subject remembers the last entry of a partition that was applied to it.

    A report that a code was not asked for credits nobody: its message stays unverified, as it should.
    """

    store: Store
    clock: Clock
    life: int
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    script: Script = field(default_factory=lambda: guard_script("credit"))

    async def fold(self, rows: Sequence[OutcomeRow]) -> None:
        """Applies outcomes to the subjects they name; see `Folder`."""
        events: dict[Subject, list[tuple[Word, ...]]] = defaultdict(list)
        for row in rows:
            for subject, event, sent_ms, messages in _told(row.outcome):
                events[subject].append((row.partition, row.id, event, sent_ms, messages))
        keys = {subject: (key := subject_key(subject), f"{key}:x") for subject in events}
        common = (self.clock.now_ms(), self.clock_tolerance_ms, self.life)
        answers = await run_many(self.store, self.script, common, {keys[of]: events[of] for of in events})
        # Ranges and blocks are known by their first message, which is counted before it is sent.
        new = [str(of) for of in events if of.kind is Kind.PROVIDER and _NEW in answers[keys[of]]]
        if new:
            await self.store.execute("SADD", KNOWN_KEY, *new)


def _told(outcome: Mapping[bytes, bytes]) -> list[tuple[Subject, str, int, int]]:
    """Returns what an outcome says of whom: what happened, when the message was sent, and how many messages it is about.

    Notices carry no code and are left out.
    """
    if not outcome[b"c"]:
        return []
    if outcome[b"k"] == b"VERIFIED":
        return [(subject, "verified", sent_ms, messages) for subject, sent_ms, messages in _verified(outcome)]
    if outcome[b"k"] == b"SENT" and outcome[b"pv"]:
        return [(Subject(Kind.PROVIDER, outcome[b"pv"].decode()), "sent", int(outcome[b"t"]), 1)]
    return []


def _verified(outcome: Mapping[bytes, bytes]) -> list[tuple[Subject, int, int]]:
    """Returns whom a success is credited to, when the first message was sent, and how many messages it vouches for."""
    # Outcomes of an older version say neither; a challenge that its network confirmed before any message sent none.
    messages, sent_ms = int(outcome.get(b"sn") or 0), int(outcome.get(b"cr") or outcome[b"t"])
    if not messages:
        return []
    # What was held against the block alone was never counted against the operator's range.
    of_range = messages - int(outcome.get(b"gb") or 0)
    named = ((Kind.OPERATOR, b"op", of_range), (Kind.PREFIX, b"px", messages))
    credited = [
        (Subject(kind, value.decode()), sent_ms, count)
        for kind, name, count in named
        if count > 0 and (value := outcome.get(name))
    ]
    if outcome[b"pv"] and outcome.get(b"ch") != _NETWORK:
        # One message of them: that the others did not do is a mark against who sent them.
        credited.append((Subject(Kind.PROVIDER, outcome[b"pv"].decode()), sent_ms, 1))
    return credited
