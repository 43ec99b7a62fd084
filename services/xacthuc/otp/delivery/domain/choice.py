"""Whom to ask: by Thompson sampling over what is believed of each provider, or by weight. Pure; chance is handed in.

Each provider draws a conversion from what is believed of it (Thompson 1933); the highest score is asked, which is that
conversion less the price of the message in conversions. So the better one is asked the more often the surer it is, and
one that got worse is found out by the codes that are not entered. docs/delivery.md explains it to operators.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.otp.delivery.domain.belief import PRIOR_CONVERSION
from xacthuc.policy.vocabulary import ChoiceMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from xacthuc.otp.delivery.domain.belief import Belief
    from xacthuc.policy.sending import Choice

CIRCUIT_OPEN: Final = "circuit open"
SUSPENDED: Final = "suspended by the fraud guard"
"""Why a provider is barred. Callers may have reasons of their own."""

DRAWS: Final = 1_000
"""How many choices `shares` makes: a share of 50 % is told to within 3 %."""

COLLAPSED: Final = PRIOR_CONVERSION / 2
"""Below this a provider that is known is no reason to spare the others: they are expected to do twice as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One provider of the channel, as a choice sees it."""

    provider: str
    weight: int
    """0: asked only when nobody else is left."""
    cost_vnd: int
    belief: Belief
    barred: str = ""
    """Why it cannot be asked now, in a word or two; empty when it can."""


class Pick(NamedTuple):
    """Who is asked, and what spoke for whom, in one line without anything personal."""

    provider: str
    why: str


class Share(NamedTuple):
    """How often one candidate is asked first."""

    candidate: Candidate
    percent: float
    why: str


def choose(candidates: Sequence[Candidate], choice: Choice, random: Random) -> Pick | None:
    """Returns whom to ask, or None when everybody is barred."""
    draws: dict[str, float] = {}
    best = _best(candidates, choice, random, draws)
    return None if best is None else Pick(best.provider, _told(best, candidates, draws))


def _best(candidates: Sequence[Candidate], choice: Choice, random: Random, draws: dict[str, float]) -> Candidate | None:
    """Returns whom to ask, and leaves in `draws` which conversion each of those that competed drew."""
    able = [candidate for candidate in candidates if not candidate.barred]
    able = [candidate for candidate in able if candidate.weight] or able
    if not able:
        return None
    if choice.method is ChoiceMethod.WEIGHTED:
        return min(able, key=lambda candidate: (-candidate.weight, candidate.provider))
    scores: dict[str, float] = {}
    for candidate in _admitted(able, choice, random):
        draw = random.betavariate(candidate.belief.alpha, candidate.belief.beta)
        draws[candidate.provider] = draw
        scores[candidate.provider] = draw - candidate.cost_vnd / choice.verified_worth_vnd
    return max(able, key=lambda candidate: scores.get(candidate.provider, -math.inf))


def shares(candidates: Sequence[Candidate], choice: Choice, random: Random) -> list[Share]:
    """Returns how often each is asked first in DRAWS choices, most often first, with the reason in one sentence."""
    firsts = (_best(candidates, choice, random, {}) for _ in range(DRAWS))
    asked = Counter(first.provider for first in firsts if first is not None)
    percents = {candidate.provider: 100 * asked[candidate.provider] / DRAWS for candidate in candidates}
    ordered = sorted(candidates, key=lambda candidate: (-percents[candidate.provider], candidate.provider))
    return [
        Share(candidate, percents[candidate.provider], _sentence(candidate, candidates, choice))
        for candidate in ordered
    ]


def _admitted(able: Sequence[Candidate], choice: Choice, random: Random) -> Sequence[Candidate]:
    """Returns who competes: providers that are not known yet get their share of choices and no more.

    Unless what is known has collapsed: then whoever is not known can only do better.
    """
    known = [candidate for candidate in able if candidate.belief.known]
    if len(known) == len(able) or not _reliable(able):
        return able
    if 100 * random.random() < choice.exploration_percent:
        return [candidate for candidate in able if not candidate.belief.known]
    return known


def _reliable(able: Sequence[Candidate]) -> bool:
    """Tells whether one at least is known to do well."""
    return any(candidate.belief.known and candidate.belief.mean >= COLLAPSED for candidate in able)


def _told(best: Candidate, candidates: Sequence[Candidate], draws: Mapping[str, float]) -> str:
    ordered = (best, *(candidate for candidate in candidates if candidate is not best))
    return "; ".join(_line(candidate, draws.get(candidate.provider)) for candidate in ordered)


def _line(candidate: Candidate, draw: float | None) -> str:
    if candidate.barred:
        return f"{candidate.provider}: {candidate.barred}"
    if draw is None:
        return f"{candidate.provider}: weight {candidate.weight}, {candidate.cost_vnd} đ"
    return f"{candidate.provider}: {draw:.2f} of {candidate.belief.range_90}, {candidate.cost_vnd} đ"


def _sentence(candidate: Candidate, candidates: Sequence[Candidate], choice: Choice) -> str:
    if candidate.barred:
        return f"Not asked: {candidate.barred}."
    if choice.method is ChoiceMethod.WEIGHTED:
        return f"Weight {candidate.weight}; the greatest is asked first."
    if not candidate.weight:
        return "Asked when nobody else is left."
    believed = f"Conversion {candidate.belief.range_90} at {candidate.cost_vnd} đ a message"
    if candidate.belief.known:
        return f"{believed}."
    few = f"{believed}, from too few codes to know"
    if _reliable([other for other in candidates if not other.barred and other.weight]):
        return f"{few}: tried out with {choice.exploration_percent:g} % of choices."
    return f"{few}."
