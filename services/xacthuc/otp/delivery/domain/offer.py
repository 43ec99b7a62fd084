"""What a provider offers: to whom it sends, how fast, how often it should be asked and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER_OPERATORS: Final = "other"
"""The key of the price that holds where an operator range has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The terms of one provider, as its file states them."""

    weight: int
    """How much it is preferred, in relation to the others; alone decides when choices are not sampled."""
    concurrency: int
    """Requests in flight in one worker."""
    per_second: float = 0.0
    """Requests a second over all workers; 0 where the provider names no pace."""
    operators: frozenset[str] = field(default_factory=frozenset)
    """The operator ranges it sends to, as `Mobile.operator` spells them; empty: all."""
    cost_vnd: Mapping[str, int] = field(default_factory=dict)
    """Dong a message, by operator range, and under OTHER_OPERATORS."""
    reserved_only: bool = False
    """Whether it sends to the sandbox's reserved numbers alone, and so stands beside no choice that a person meets."""

    def reaches(self, operator: str) -> bool:
        """Tells whether it sends to an operator range."""
        return not self.operators or operator in self.operators

    def cost_of(self, operator: str) -> int:
        """Returns dong a message; 0 when the file names no price."""
        return self.cost_vnd.get(operator, self.cost_vnd.get(OTHER_OPERATORS, 0))
