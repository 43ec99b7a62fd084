"""What is believed of all providers at one time, so that a choice costs microseconds. Learning replaces it whole."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Self

from xacthuc.otp.delivery.domain.belief import UNTRIED, believe, elsewhere
from xacthuc.policy.sending import Choice
from xacthuc.policy.vocabulary import ChoiceMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.otp.delivery.domain.belief import Belief, Tried
    from xacthuc.otp.delivery.domain.figures import Place


class Judgement:
    """Beliefs by place, and how a choice is made of them.

    Attributes:
        choice: the policy's terms.
        random: whence choices draw.

    """

    def __init__(self, choice: Choice, random: Random) -> None:
        """Knows nothing yet but weights."""
        self.choice = choice
        self.random = random
        self._tried: Mapping[Place, Tried] = {}
        self._beliefs: dict[tuple[Place, float], Belief] = {}

    @classmethod
    def by_weight(cls) -> Self:
        """Returns one that asks the greatest weight, whatever became of it."""
        method = ChoiceMethod.WEIGHTED
        terms = Choice(method=method, verified_worth_vnd=1, half_life_hours=1, exploration_percent=0)
        return cls(terms, Random(0))

    @property
    def half_life_ms(self) -> int:
        """After which what was tried counts half."""
        return round(self.choice.half_life_hours * 3_600_000)

    def learn(self, tried: Mapping[Place, Tried]) -> None:
        """Takes what was tried in place of what was known."""
        self._tried, self._beliefs = tried, {}

    def of(self, place: Place, weight_share: float) -> Belief:
        """Returns what is believed of a provider whose weight is that share of the greatest one's."""
        belief = self._beliefs.get((place, weight_share))
        if belief is None:
            own = self._tried.get(place, UNTRIED)
            belief = believe(weight_share, own, elsewhere(self._tried, place))
            self._beliefs[place, weight_share] = belief
        return belief
