"""Verbs of operators over what became of codes, and over whom the delivery workers ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.domain.choice import CIRCUIT_OPEN, SUSPENDED, Candidate, shares
from xacthuc.otp.delivery.domain.figures import Place
from xacthuc.otp.delivery.domain.judgement import Judgement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.otp.delivery.domain.choice import Share
    from xacthuc.otp.delivery.domain.figures import Figures
    from xacthuc.otp.ports.administration import Administration, ProviderState
    from xacthuc.otp.ports.figures import FigureBook
    from xacthuc.otp.usecases.otp import Otp
    from xacthuc.policy.sending import Choice

_DRAWS_SEED: Final = 147
"""Asked twice, the same shares: what changes between two explanations is what is known, not luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What these verbs work with, beside what all do. Built once, in `main.py`."""

    admin: Administration
    book: FigureBook
    choice: Choice


async def list_figures(otp: Otp, delivery: Delivery, hours: int) -> Mapping[Place, Figures]:
    """Returns what became of the codes of so many hours."""
    return await delivery.book.figures(hours, otp.clock.now_ms())


async def explain_choice(otp: Otp, delivery: Delivery, channel: int, operator: str) -> list[Share]:
    """Returns how often each provider of a channel would be asked now, by the choice that the workers make themselves."""
    judgement = Judgement(delivery.choice, Random(_DRAWS_SEED))
    states, tried = await asyncio.gather(
        delivery.admin.providers(), delivery.book.tried(judgement.half_life_ms, otp.clock.now_ms())
    )
    judgement.learn(tried)
    candidates = _candidates(states, judgement, channel, operator)
    # A thousand draws take some ten milliseconds, which no check of a code should wait for.
    return await asyncio.to_thread(shares, candidates, judgement.choice, judgement.random)


def _candidates(states: Sequence[ProviderState], judgement: Judgement, channel: int, operator: str) -> list[Candidate]:
    of_channel = [state for state in states if channel in state.channels]
    # As workers do: whoever could send it is what weights are measured by, also while its circuit is open.
    greatest = max((state.offer.weight for state in of_channel if not _unable(state, operator)), default=0) or 1
    return [
        Candidate(
            provider=state.name,
            weight=state.offer.weight,
            cost_vnd=state.offer.cost_of(operator),
            belief=judgement.of(Place(state.name, operator, channel), min(1.0, state.offer.weight / greatest)),
            barred=_barred(state, operator),
        )
        for state in of_channel
    ]


def _unable(state: ProviderState, operator: str) -> str:
    """Returns why a provider never sends to an operator range, empty when it does."""
    if state.offer.reserved_only:
        return "sends to the sandbox's reserved numbers alone"
    if not state.offer.reaches(operator):
        return f"does not send to {operator}"
    return ""


def _barred(state: ProviderState, operator: str) -> str:
    """Returns why a provider is not asked now."""
    if unable := _unable(state, operator):
        return unable
    if state.circuit_open:
        return CIRCUIT_OPEN
    return SUSPENDED if state.suspended else ""
