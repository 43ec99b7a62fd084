"""The limits outside a number's slot: which there are for a start, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xacthuc.otp.adapters import layout
from xacthuc.otp.ports import SpendOutcome, Spent
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS, Cause, Rule
from xacthuc.ratelimit.limiter import Charge, Once
from xacthuc.ratelimit.limits import Limit, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.otp.ports import Spend
    from xacthuc.policy.sections import Otp
    from xacthuc.ratelimit.limiter import Limiter

SYSTEM_DIGEST = "all"


def rules_of(otp: Otp) -> dict[Limit, Rule]:
    """Returns the rules that the policy states for the limits outside the number."""
    day_ms = DAY_HOURS * HOUR_MS
    return {
        Limit.ACCOUNT: Rule(
            quantity=otp.account_sends_per_day,
            period_ms=day_ms,
            burst=otp.account_sends_per_day,
            sent_cap=otp.account_sends_per_day,
            wrong_cap=otp.wrong_checks_per_account_per_day,
        ),
        Limit.DEVICE: Rule(
            quantity=otp.device_sends_per_day,
            period_ms=day_ms,
            burst=otp.device_sends_per_day,
            sent_cap=otp.device_sends_per_day,
        ),
        Limit.IP: _hourly(otp.address_sends_per_hour, otp.address_verified_scale),
        Limit.PREFIX: _hourly(otp.prefix_sends_per_hour, otp.prefix_verified_scale),
        Limit.PLATFORM: _hourly(otp.platform_sends_per_hour),
        Limit.SYSTEM: _hourly(otp.system_sends_per_hour),
    }


def _hourly(quantity: int, verified_scale: float = 0.0) -> Rule:
    return Rule(quantity=quantity, period_ms=HOUR_MS, burst=quantity, scale_permille=round(verified_scale * 1000))


def platform_key(platform: str) -> str:
    """The limit that carries a platform's budget and its kill switch; the empty platform stands for all."""
    return key_of(Limit.PLATFORM, platform) if platform else key_of(Limit.SYSTEM, SYSTEM_DIGEST)


_KINDS = {"a": Limit.ACCOUNT, "d": Limit.DEVICE, "i": Limit.IP, "p": Limit.PREFIX}


def charges(spend: Spend, rules: Mapping[Limit, Rule]) -> list[Charge]:
    """Returns what one send costs: one permit of each limit that the platform told the subject of."""
    own = []
    for charged in spend.charged.split(","):
        kind, _, digest = charged.partition(":")
        limit = _KINDS[kind]
        own.append(Charge(limit, key_of(limit, digest), rules[limit]))
    budgets = (
        Charge(Limit.PLATFORM, platform_key(spend.platform), rules[Limit.PLATFORM]),
        Charge(Limit.SYSTEM, platform_key(""), rules[Limit.SYSTEM]),
    )
    return [*own, *budgets]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyLimits:
    """Implements `ports.Limits`."""

    limiter: Limiter
    rules: Mapping[Limit, Rule]
    keep_ms: int
    """How long a request id is remembered."""
    let_through: Callable[[Limit], None]
    """Told of each limit that could not be asked and let a start pass."""

    @classmethod
    def of(cls, limiter: Limiter, otp: Otp, keep_ms: int, let_through: Callable[[Limit], None]) -> Self:
        """Returns the adapter with the rules of the policy."""
        return cls(limiter=limiter, rules=rules_of(otp), keep_ms=keep_ms, let_through=let_through)

    async def spend(self, spend: Spend, now_ms: int) -> Spent:
        """Charges every limit, or none; the record of the request travels with it."""
        result = await self.limiter.spend(charges(spend, self.rules), now_ms, once=self._once(spend))
        for limit in result.unguarded:
            self.let_through(limit)
        if result.kept is not None:
            fingerprint, _, challenge = result.kept.decode().partition(" ")
            if fingerprint != spend.fingerprint:
                return Spent(outcome=SpendOutcome.REQUEST_ID_REUSED, charged=result.spent)
            return Spent(outcome=SpendOutcome.ALLOWED, challenge=challenge, charged=result.spent)
        if result.limit is None:
            return Spent(outcome=SpendOutcome.ALLOWED, challenge=spend.challenge, charged=result.spent)
        stopped = result.cause is Cause.BARRED and result.retry_at_ms is None
        return Spent(
            outcome=SpendOutcome.STOPPED if stopped else SpendOutcome.REFUSED,
            limit=result.limit.name.lower(),
            retry_at_ms=result.retry_at_ms or 0,
        )

    def refund(self, spend: Spend, spent: Spent, now_ms: int) -> None:
        """Gives back what `spend` charged and forgets the request, so that a later try is judged anew."""
        if spent.charged:
            self.limiter.refund(charges(spend, self.rules), spent_ms=now_ms, now_ms=now_ms, once=self._once(spend))

    def _once(self, spend: Spend) -> Once:
        key = layout.once_key(spend.platform, spend.method, spend.request_id)
        return Once(key=key, value=f"{spend.fingerprint} {spend.challenge}", keep_ms=self.keep_ms)
