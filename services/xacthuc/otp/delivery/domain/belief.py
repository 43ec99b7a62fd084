"""What is believed of a provider's conversion: a Beta distribution of the codes it sent and of those that were entered.

Beliefs rest on sends that had their time: a code is entered some twenty seconds after it was sent, and a provider that
has just been asked a hundred times must not look as if it failed a hundred times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from xacthuc.otp.delivery.domain.figures import NO_TRIALS, Trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xacthuc.otp.delivery.domain.figures import Place, Stretch

SETTLE_MS: Final = 60_000
"""How long a minute's sends may still be entered before they count; later ones count to their minute all the same."""

FRESH_MS: Final = 3 * 3_600_000
"""What is older is stale: it is a reason to try a provider again rather than to leave it alone for a day."""

FRESH_SENDS: Final = 2_000
"""The latest fresh sends that a belief rests on, so that a provider with much traffic is not judged by its past. They
tell 0.90 from 0.88 (three standard errors of 0.0067), and a busy provider makes them in seconds."""

STALE_SENDS: Final = 100.0
"""Sends that all stale ones together count as, at the most."""

PRIOR_CONVERSION: Final = 0.85
"""What is believed of the provider with the greatest weight before it has sent anything: a usual share of codes entered."""

PRIOR_SENDS: Final = 10.0
"""Sends that the weight counts as: two dozen real ones overrule it."""

PRIOR_WEIGHT_SPAN: Final = 0.1
"""How much less is believed of a provider without any weight, of 1; in between, in proportion."""

POOLED_SENDS: Final = 20.0
"""Sends that a provider's other operator ranges count as, at the most: a hint for a range it has not sent to."""

KNOWN_SENDS: Final = 50.0
"""From so many fresh sends on a provider is known; one that is not known is tried out, and no more (`choice`)."""

_NORMAL_90: Final = 1.645
"""Standard deviations on either side that hold 90 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Beta(alpha, beta) of the conversion, of 1."""

    alpha: float
    beta: float
    known: bool
    """Whether it rests on enough fresh sends to the operator range in question."""
    mean: float
    """The conversion expected."""
    range_90: str
    """Between which it is with a chance of about 90 %, as people read it. Made once, since every choice tells it."""

    @classmethod
    def of(cls, trials: Trials, *, known: bool) -> Self:
        """Returns what these trials let one believe."""
        alpha, beta = trials.verified, trials.sent - trials.verified
        total = alpha + beta
        mean, spread = alpha / total, _NORMAL_90 * math.sqrt(alpha * beta / (total * total * (total + 1)))
        low, high = max(0.0, mean - spread), min(1.0, mean + spread)
        return cls(alpha, beta, known, mean, f"{low:.2f}…{high:.2f}")


class Tried(NamedTuple):
    """What a provider was tried with, as much as counts now."""

    trials: Trials
    fresh_sends: float


UNTRIED: Final = Tried(NO_TRIALS, 0)


def faded(stretches: Iterable[Stretch], now_ms: int, half_life_ms: int) -> Tried:
    """Returns what counts now of `stretches`, newest first: settled, halved with age, fresh and stale up to their limits."""
    fresh, stale = NO_TRIALS, NO_TRIALS
    for stretch in stretches:
        age_ms = now_ms - stretch.end_ms
        sent, verified = stretch.trials
        if age_ms < SETTLE_MS or not sent:
            continue
        # A code of an earlier send may be entered after a later one: never more entered than sent.
        settled, share = Trials(sent, min(sent, verified)), 0.5 ** (age_ms / half_life_ms)
        if age_ms < FRESH_MS:
            fresh = fresh.plus(settled, min(share, (FRESH_SENDS - fresh.sent) / sent))
        else:
            stale = stale.plus(settled, share)
    return Tried(fresh.plus(stale, _at_most(STALE_SENDS, stale)), fresh.sent)


def _at_most(sends: float, trials: Trials) -> float:
    """Returns the share of `trials` that makes so many sends, 1 when they are fewer."""
    return min(1.0, sends / trials.sent) if trials.sent else 0.0


def believe(weight_share: float, own: Tried, elsewhere: Trials) -> Belief:
    """Returns the belief in a provider.

    Args:
        weight_share: its weight, of the greatest among those that could be asked.
        own: what it was tried with in this operator range.
        elsewhere: what it was tried with in all others, which count as POOLED_SENDS at most.

    """
    prior = PRIOR_CONVERSION * (1 - PRIOR_WEIGHT_SPAN * (1 - weight_share))
    trials = Trials(PRIOR_SENDS, PRIOR_SENDS * prior).plus(elsewhere, _at_most(POOLED_SENDS, elsewhere))
    return Belief.of(trials.plus(own.trials), known=own.fresh_sends >= KNOWN_SENDS)


def elsewhere(of: Mapping[Place, Tried], place: Place) -> Trials:
    """Returns what a provider was tried with by the same channel in other operator ranges."""
    total = NO_TRIALS
    for other, tried in of.items():
        if other.operator != place.operator and other._replace(operator=place.operator) == place:
            total = total.plus(tried.trials)
    return total
