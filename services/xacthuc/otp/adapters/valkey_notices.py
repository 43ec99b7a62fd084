"""The bulk lane in Valkey: budgets first, then the number's own and the hand-over in one step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.scripts import script
from xacthuc.otp.adapters.valkey_limits import SYSTEM_DIGEST, refused
from xacthuc.otp.domain.notices import DAY_MS, MONTH_MS, NumberBudget
from xacthuc.otp.domain.spending import Budget
from xacthuc.otp.ports import NoticeOutcome, Queued
from xacthuc.ratelimit.gcra import Rule
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS, Charge, Once
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey.partition import number_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.otp.adapters.valkey_spending import ValkeySpending
    from xacthuc.otp.ports import NewNotice
    from xacthuc.policy.sending import Bulk
    from xacthuc.ratelimit.limiter import Limiter
    from xacthuc.sealing import Sealer
    from xacthuc.valkey import Script, Store

_METHOD: Final = "SendNotice"


def sealed_notice_context(platform: str, notice: str) -> bytes:
    """What a notice's number is bound to."""
    return b"notice\0" + platform.encode() + b"\0" + notice.encode()


def notice_rules(bulk: Bulk) -> dict[Limit, Rule]:
    """Returns the rules that the policy states for notices to anybody."""
    return {Limit.NOTICE_PLATFORM: _daily(bulk.platform_per_day), Limit.NOTICE_SYSTEM: _daily(bulk.system_per_day)}


def _daily(quantity: int) -> Rule:
    return Rule(quantity=quantity, period_ms=DAY_MS, burst=quantity, sent_cap=quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyNotices:
    """Implements `ports.Notices`."""

    store: Store
    limiter: Limiter
    money: ValkeySpending
    rules: Mapping[Limit, Rule]
    """Of the budgets outside the number, by `notice_rules`."""
    number: NumberBudget
    sealer: Sealer
    number_key: bytes
    keep_ms: int
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    script: Script = field(default_factory=lambda: script("notice"))

    async def queue(self, new: NewNotice, now_ms: int) -> Queued:
        """Charges the budgets once for each request, then runs `notice.lua`; its refusal gives the charges back."""
        charges, once = self._charges(new.platform), self._once(new)
        look = self.money.look(new.platform, Budget.NOTICES, now_ms)
        result = await self.limiter.spend(charges, now_ms, once=once)
        fingerprint, _, notice = (result.kept.decode() if result.kept is not None else once.value).partition(" ")
        if fingerprint != new.fingerprint:
            answer = Queued(outcome=NoticeOutcome.REQUEST_ID_REUSED)
        elif result.kept is None and (refusal := refused(result, await look.closed_until_ms(now_ms))):
            answer = Queued(outcome=NoticeOutcome.REFUSED, limit=refusal[0], retry_at_ms=refusal[1])
        else:
            answer = await self._hand_over(new, notice, now_ms)
        if answer.outcome is not NoticeOutcome.QUEUED and result.spent:
            self.limiter.refund(charges, spent_ms=now_ms, now_ms=now_ms, once=once)
        return answer

    async def _hand_over(self, new: NewNotice, notice: str, now_ms: int) -> Queued:
        partition = new.partition
        reply = await self.store.run(
            self.script,
            (
                layout.notice_key(partition, notice),
                layout.delivery_key(partition, bulk=True),
                layout.number_key(partition, new.platform, number_hash(new.number, self.number_key)),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                notice,
                new.platform,
                self.sealer.seal(new.number.encode(), sealed_notice_context(new.platform, notice)),
                new.template,
                new.locale,
                new.brand,
                self.keep_ms,
                partition,
                new.operator,
                self.number.per_day,
                self.number.per_30_days,
                DAY_MS,
                MONTH_MS,
            ),
        )
        outcome = NoticeOutcome(reply[0].decode())
        if outcome is NoticeOutcome.REFUSED:
            return Queued(outcome=outcome, limit=Limit.NOTICE_NUMBER.name.lower(), retry_at_ms=int(reply[1]))
        if outcome is NoticeOutcome.BLOCKED:
            return Queued(outcome=outcome)
        return Queued(outcome=outcome, notice=reply[1].decode(), at_ms=int(reply[2]))

    def _charges(self, platform: str) -> list[Charge]:
        limits = ((Limit.NOTICE_PLATFORM, platform), (Limit.NOTICE_SYSTEM, SYSTEM_DIGEST))
        return [Charge(limit, key_of(limit, digest), self.rules[limit]) for limit, digest in limits]

    def _once(self, new: NewNotice) -> Once:
        # In a slot of its own: the request may come back with another number.
        key = layout.once_key(new.platform, _METHOD, new.request_id)
        return Once(key=key, value=f"{new.fingerprint} {new.id}", keep_ms=self.keep_ms)
