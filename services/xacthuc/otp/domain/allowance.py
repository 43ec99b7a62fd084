"""What one number may still be sent and guessed on one platform.

A number has several allowances, called pools: a common one; one behind a CAPTCHA for each account that solves it; and
one per device that verified the number before. A stranger can use up only the first, so nobody can be locked out of
their own number. Sends of strangers are bounded together as well, so that no number can be flooded. Each is a limit of
`ratelimit.gcra`, whose state lives beside the challenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

if TYPE_CHECKING:
    from xacthuc.ratelimit.gcra import State

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


def wrong_in_day(allowance: State, now_ms: int) -> int:
    """Counts wrong codes of the last 24 hours. The oldest hour counts whole, so the cap holds in any window."""
    oldest = now_ms // HOUR_MS - DAY_HOURS
    return sum(count for hour, count in allowance.wrong if hour >= oldest)
