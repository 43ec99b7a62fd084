"""What one number may still be sent and guessed on one platform.

A number has several allowances, called pools: a common one; one behind a CAPTCHA for each account that solves it; and
one per device that verified the number before. A stranger can use up only the first, so nobody can be locked out of
their own number. Sends of strangers are bounded together as well, so that no number can be flooded. Each is a limit of
`ratelimit.gcra`, whose state lives beside the challenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS, Refusal, State, spend

if TYPE_CHECKING:
    from xacthuc.otp.domain.rules import Rules

COMMON_POOL = "c"
STRANGERS = "s"
"""What all pools but those of known devices draw on together."""


def pools(*, account: str, known_device: str, captcha_solved: bool) -> tuple[str, ...]:
    """Returns the pools a start may draw on, in the order they are tried."""
    own = (f"d{known_device}",) if known_device else ()
    solved = (f"k{account}",) if captcha_solved else ()
    return (*own, *solved, COMMON_POOL)


def of_strangers(pool: str) -> bool:
    """Whether a pool draws on what strangers share."""
    return not pool.startswith("d")


class Allowance(NamedTuple):
    """What one message is spent from."""

    own: State
    """The pool of its challenge."""
    strangers: State | None
    """What all strangers share; None for the pool of a known device."""

    def spent(self, rules: Rules, cost: int, now_ms: int) -> Allowance | Refusal:
        """Returns what is left of both after `cost` messages, or what refuses. No cost: only whether anything does."""
        own = spend(self.own, rules.number, cost, now_ms)
        if isinstance(own, Refusal):
            return own
        if self.strangers is None:
            return Allowance(own, None)
        strangers = spend(self.strangers, rules.strangers, cost, now_ms)
        return strangers if isinstance(strangers, Refusal) else Allowance(own, strangers)


def wrong_in_day(allowance: State, now_ms: int) -> int:
    """Counts wrong codes of the last 24 hours. The oldest hour counts whole, so the cap holds in any window."""
    oldest = now_ms // HOUR_MS - DAY_HOURS
    return sum(count for hour, count in allowance.wrong if hour >= oldest)
