"""Challenges in Valkey: each method runs one script on the slot of one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.scripts import script
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.challenge import Question, Redemption, Resend, State, Verdict
from xacthuc.otp.domain.view import ChallengeView
from xacthuc.otp.ports import Answered, Charged, Redeemed, StartOutcome
from xacthuc.otp.ports.network import Asked
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS
from xacthuc.valkey.partition import number_hash, partition_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.rules import Rules
    from xacthuc.otp.ports import NewChallenge
    from xacthuc.sealing import Sealer
    from xacthuc.valkey.script import Script
    from xacthuc.valkey.store import Store


def sealed_number_context(platform: str, challenge: ChallengeId) -> bytes:
    """What a sealed number is bound to: it opens for this challenge of this platform alone."""
    return b"number\0" + platform.encode() + b"\0" + challenge.raw


def sealed_subject_context(platform: str, challenge: str) -> bytes:
    """What a sealed subject is bound to: account ids are personal data too, and outcomes carry them to identity."""
    return b"subject\0" + platform.encode() + b"\0" + challenge.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyChallenges:
    """Implements `ports.Challenges`."""

    store: Store
    rules: Rules
    sealer: Sealer
    number_key: bytes
    """Places numbers in partitions and names them in keys. Never rotated."""
    clock_tolerance_ms: int
    """How far this process's clock may be off the store's; 0 only under a virtual clock."""
    scripts: dict[str, Script]

    @classmethod
    def over(
        cls,
        store: Store,
        rules: Rules,
        sealer: Sealer,
        number_key: bytes,
        *,
        clock_tolerance_ms: int = CLOCK_TOLERANCE_MS,
    ) -> ValkeyChallenges:
        """Reads the scripts and returns the adapter."""
        names = ("start", "ask", "check", "resend", "cancel", "view", "recent", "unrequested", "redeem")
        return cls(
            store=store,
            rules=rules,
            sealer=sealer,
            number_key=number_key,
            clock_tolerance_ms=clock_tolerance_ms,
            scripts={name: script(name) for name in names},
        )

    async def start(self, new: NewChallenge, now_ms: int) -> Answered[StartOutcome]:
        """Runs `start.lua`."""
        rules, identity, starter = self.rules, new.id, new.starter
        partition, hashed = identity.partition, number_hash(new.number, self.number_key)
        reply = await self._run(
            "start",
            (
                layout.challenge_key(partition, identity.text),
                layout.number_key(partition, starter.platform, hashed),
                layout.delivery_key(partition),
                layout.outcomes_key(partition),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                identity.text,
                starter.platform,
                new.purpose,
                self.sealer.seal(new.subject.encode(), sealed_subject_context(starter.platform, identity.text)),
                self.sealer.seal(new.number.encode(), sealed_number_context(starter.platform, identity)),
                new.masked_number,
                new.locale,
                new.brand,
                new.channel,
                starter.account,
                starter.device,
                starter.address,
                "1" if starter.captcha_solved else "",
                starter.charged,
                new.trace,
                rules.ttl_ms,
                rules.ceiling_ms,
                rules.send_gaps_ms[0] if rules.send_gaps_ms else 0,
                rules.number.spec,
                rules.strangers.spec,
                rules.known_device_ms,
                rules.keep_ms,
                partition,
                new.operator,
                new.autofill,
                starter.prefix,
                new.guard,
            ),
        )
        outcome = StartOutcome(reply[0].decode())
        if outcome is StartOutcome.STARTED:
            return Answered(outcome, self._view(reply))
        return Answered(outcome, retry_at_ms=int(reply[1]) if len(reply) > 1 else 0)

    async def ask(self, challenge: ChallengeId, platform: str, *, request_id: str, now_ms: int) -> Asked | None:
        """Runs `ask.lua` and opens the number."""
        key, rules = layout.challenge_key(challenge.partition, challenge.text), self.rules
        caps = (rules.number.wrong_cap, rules.network_questions)
        reply = await self._run("ask", (key,), (now_ms, self.clock_tolerance_ms, platform, request_id, *caps))
        if reply[0] == b"N":
            return None
        if reply[0] in _VERDICTS:
            return Asked(_VERDICTS[reply[0]], view=self._view(reply))
        question = Question(reply[0].decode())
        if question is not Question.ASK:
            return Asked(question)
        return Asked(question, self.sealer.open(reply[1], sealed_number_context(platform, challenge)).decode())

    async def check(
        self, challenge: ChallengeId, platform: str, *, request_id: str, matches: bool, now_ms: int, operator: str = ""
    ) -> Answered[Verdict] | None:
        """Runs `check.lua`."""
        partition = challenge.partition
        reply = await self._run(
            "check",
            (layout.challenge_key(partition, challenge.text), layout.outcomes_key(partition)),
            (
                now_ms,
                self.clock_tolerance_ms,
                challenge.text,
                platform,
                request_id,
                b"1" if matches else b"0",
                self.rules.wrong_per_challenge,
                self.rules.number.wrong_cap,
                self.rules.known_device_ms,
                self.rules.known_devices,
                operator,
            ),
        )
        return None if reply[0] == b"N" else Answered(_VERDICTS[reply[0]], self._view(reply))

    async def resend(
        self, challenge: ChallengeId, platform: str, *, request_id: str, channel: int, now_ms: int, guard: str = ""
    ) -> Answered[Resend] | None:
        """Runs `resend.lua`."""
        rules, partition = self.rules, challenge.partition
        reply = await self._run(
            "resend",
            (
                layout.challenge_key(partition, challenge.text),
                layout.delivery_key(partition),
                layout.outcomes_key(partition),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                challenge.text,
                platform,
                request_id,
                channel or "",
                rules.ttl_ms,
                rules.ceiling_ms,
                rules.number.spec,
                rules.strangers.spec,
                rules.other_channels_from_send,
                rules.known_device_ms,
                partition,
                guard,
                *rules.send_gaps_ms,
            ),
        )
        if reply[0] == b"N":
            return None
        outcome = Resend(reply[0].decode())
        if len(reply) > _REFUSAL_ITEMS:
            return Answered(outcome, self._view(reply))
        return Answered(outcome, retry_at_ms=int(reply[1]) if len(reply) > 1 else 0)

    async def cancel(self, challenge: ChallengeId, platform: str, now_ms: int) -> Answered[bool] | None:
        """Runs `cancel.lua`."""
        partition = challenge.partition
        keys = (layout.challenge_key(partition, challenge.text), layout.outcomes_key(partition))
        reply = await self._run("cancel", keys, (now_ms, self.clock_tolerance_ms, challenge.text, platform))
        return None if reply[0] == b"N" else Answered(reply[0] == b"S", self._view(reply))

    async def view(self, challenge: ChallengeId, platform: str, now_ms: int) -> ChallengeView | None:
        """Runs `view.lua`."""
        key = layout.challenge_key(challenge.partition, challenge.text)
        reply = await self._run("view", (key,), (now_ms, platform))
        return None if reply[0] == b"N" else self._view(reply)

    async def charged(self, challenge: ChallengeId, platform: str) -> Charged | None:
        """Reads what another message of a challenge is counted under."""
        key = layout.challenge_key(challenge.partition, challenge.text)
        owner, limits, operator, prefix, sends = await self.store.execute("HMGET", key, "p", "lk", "op", "px", "sn")
        if owner != platform.encode():
            return None
        return Charged(limits.decode(), (operator or b"").decode(), (prefix or b"").decode(), int(sends) == 0)

    async def report(
        self, number: str, platform: str, *, reporter: str, request_id: str, now_ms: int
    ) -> list[ChallengeId]:
        """Runs `recent.lua`."""
        partition = partition_of(number, self.number_key)
        key = layout.number_key(partition, platform, number_hash(number, self.number_key))
        rules = self.rules
        budgets = (rules.reports_per_day, rules.reports_per_number)
        arguments = (now_ms, self.clock_tolerance_ms, *budgets, reporter, request_id)
        reply = await self._run("recent", (key,), arguments)
        return [challenge_id.parse(text.decode()) for text in reply]

    async def unrequested(self, challenge: ChallengeId, number: str, platform: str, now_ms: int) -> None:
        """Runs `unrequested.lua`."""
        rules, partition = self.rules, challenge.partition
        await self._run(
            "unrequested",
            (
                layout.challenge_key(partition, challenge.text),
                layout.number_key(partition, platform, number_hash(number, self.number_key)),
                layout.outcomes_key(partition),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                challenge.text,
                platform,
                rules.bar_ms,
                rules.stop_ms,
                rules.reports_to_stop,
            ),
        )

    async def redeem(self, challenge: ChallengeId, platform: str, *, request_id: str, now_ms: int) -> Redeemed:
        """Runs `redeem.lua` and opens the number."""
        key = layout.challenge_key(challenge.partition, challenge.text)
        arguments = (now_ms, self.clock_tolerance_ms, platform, request_id, self.rules.proof_ttl_ms)
        reply = await self._run("redeem", (key,), arguments)
        outcome = Redemption(reply[0].decode())
        if outcome is not Redemption.REDEEMED:
            return Redeemed(outcome)
        return Redeemed(
            outcome,
            number=self.sealer.open(reply[1], sealed_number_context(platform, challenge)).decode(),
            purpose=int(reply[2]),
            subject=self.sealer.open(reply[3], sealed_subject_context(platform, challenge.text)).decode(),
            verified_ms=int(reply[4]),
            channel=int(reply[5]),
            device=reply[6].decode(),
        )

    def _view(self, reply: list[Any]) -> ChallengeView:
        """Reads what `answer` of prelude.lua returns; the order is the one of `VIEW` there."""
        _, identity, purpose, subject, masked, state, channel, created, expire, next_send, *rest = reply
        sends, wrong, delivery, queued, sent, delivered, platform_, provider, _, number_wrong = rest
        challenge, platform = identity.decode(), platform_.decode()
        return ChallengeView(
            id=challenge,
            purpose=int(purpose),
            subject=self.sealer.open(subject, sealed_subject_context(platform, challenge)).decode(),
            masked_number=masked.decode(),
            stored_state=_STATES[state],
            channel=int(channel),
            created_ms=int(created),
            expire_ms=int(expire),
            next_send_ms=int(next_send),
            sends=int(sends),
            wrong=int(wrong),
            delivery_state=delivery.decode(),
            queued_ms=int(queued),
            sent_ms=int(sent or 0),
            delivered_ms=int(delivered or 0),
            platform=platform,
            provider=provider.decode() if provider else "",
            number_wrong=number_wrong,
        )

    async def _run(self, name: str, keys: Sequence[str], arguments: Sequence[bytes | str | int]) -> list[Any]:
        return await self.store.run(self.scripts[name], keys, arguments)  # type: ignore[no-any-return]


_VERDICTS = {verdict.value.encode(): verdict for verdict in Verdict}
_STATES = {state.value.encode(): state for state in State}
_REFUSAL_ITEMS = 2
