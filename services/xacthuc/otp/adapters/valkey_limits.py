"""The limits outside a number's slot: which there are for a start, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xacthuc.otp.adapters import layout
from xacthuc.otp.domain.spending import Budget
from xacthuc.otp.ports import SpendOutcome, Spent
from xacthuc.ratelimit.gcra import DAY_HOURS, FOREVER_MS, HOUR_MS, Cause, Rule
from xacthuc.ratelimit.limiter import Charge, Once
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.otp.adapters.valkey_spending import Look, ValkeySpending
    from xacthuc.otp.ports import Spend
    from xacthuc.policy.sending import Otp
    from xacthuc.ratelimit.limiter import Limiter, SpendResult

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


def refused(result: SpendResult, penniless_until_ms: int | None) -> tuple[str, int] | None:
    """Returns the limit that refuses longest and until when (0: waiting does not help), the platform's money included.

    None when nothing refuses.
    """
    refusals = []
    if result.limit is not None:
        refusals.append((result.retry_at_ms or FOREVER_MS, result.limit))
    if penniless_until_ms is not None:
        refusals.append((penniless_until_ms, Limit.SPEND))
    if not refusals:
        return None
    retry_at_ms, limit = max(refusals, key=lambda refusal: refusal[0])
    return limit.name.lower(), 0 if retry_at_ms >= FOREVER_MS else retry_at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyLimits:
    """Implements `ports.Limits`."""

    limiter: Limiter
    money: ValkeySpending
    rules: Mapping[Limit, Rule]
    keep_ms: int
    """How long a request id is remembered."""
    let_through: Callable[[Limit], None]
    """Told of each limit that could not be asked and let a start pass."""

    @classmethod
    def of(
        cls, limiter: Limiter, money: ValkeySpending, otp: Otp, keep_ms: int, let_through: Callable[[Limit], None]
    ) -> Self:
        """Returns the adapter with the rules of the policy."""
        return cls(limiter=limiter, money=money, rules=rules_of(otp), keep_ms=keep_ms, let_through=let_through)

    async def spend(self, spend: Spend, now_ms: int) -> Spent:
        """Charges every limit, or none; the record of the request and a look at the money travel with it."""
        look = self.money.look(spend.platform, Budget.CODES, now_ms) if spend.message else None
        result = await self.limiter.spend(charges(spend, self.rules), now_ms, once=self._once(spend))
        for limit in result.unguarded:
            self.let_through(limit)
        if result.kept is not None:
            fingerprint, _, challenge = result.kept.decode().partition(" ")
            if fingerprint != spend.fingerprint:
                return Spent(outcome=SpendOutcome.REQUEST_ID_REUSED, charged=result.spent)
            return Spent(outcome=SpendOutcome.ALLOWED, challenge=challenge, charged=result.spent)
        if result.cause is Cause.BARRED and result.retry_at_ms is None:
            return Spent(outcome=SpendOutcome.STOPPED)
        refusal = refused(result, await self._penniless_until_ms(look, now_ms))
        if refusal is None:
            return Spent(outcome=SpendOutcome.ALLOWED, challenge=spend.challenge, charged=result.spent)
        if result.spent:
            self.limiter.refund(charges(spend, self.rules), spent_ms=now_ms, now_ms=now_ms, once=self._once(spend))
        name, retry_at_ms = refusal
        return Spent(outcome=SpendOutcome.REFUSED, limit=name, retry_at_ms=retry_at_ms)

    def refund(self, spend: Spend, spent: Spent, now_ms: int) -> None:
        """Gives back what `spend` charged and forgets the request, so that a later try is judged anew."""
        if spent.charged:
            self.limiter.refund(charges(spend, self.rules), spent_ms=now_ms, now_ms=now_ms, once=self._once(spend))

    async def _penniless_until_ms(self, look: Look | None, now_ms: int) -> int | None:
        try:
            return await look.closed_until_ms(now_ms) if look else None
        except StoreUnavailable:
            # The worker pays before it sends, and waits where it cannot ask: nothing goes out unpaid.
            self.let_through(Limit.SPEND)
            return None

    def _once(self, spend: Spend) -> Once:
        key = layout.once_key(spend.platform, spend.method, spend.request_id)
        return Once(key=key, value=f"{spend.fingerprint} {spend.challenge}", keep_ms=self.keep_ms)
