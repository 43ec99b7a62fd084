"""What is heard of a notice, in whatever order and however often, and what that makes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.backfill.domain.campaign import Campaign


class Word(StrEnum):
    """What otp tells of a notice."""

    SENT = "SENT"
    """A provider took it, and has to be paid."""
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    """It will not arrive."""
    OUT_OF_USE = "OUT_OF_USE"
    """Neither will any other, since its number is out of use."""


class Ending(StrEnum):
    """What became of a notice. None of them while nothing is known."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    """otp did not take it, so that there is no notice at all."""


_FAILING: Final = frozenset({Word.FAILED, Word.OUT_OF_USE})


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that was told of a notice."""

    word: Word
    provider: str = ""
    cost_vnd: int = 0
    """By the settings of otp's delivery; 0 where they say nothing."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How far a notice has come."""

    vnd: int
    """What was taken for it from the budget."""
    provider: str | None = None
    """Who carried it."""
    ending: str | None = None


def settled(fate: Fate, heard: Collection[Heard], plan: Campaign) -> Fate:
    """Returns what becomes of a notice; the same in whatever order it is told, and however often.

    What nobody took costs nothing. Delivered is the last word, as it is for otp.
    """
    words = {each.word for each in heard}
    for sent in heard:
        if sent.word is Word.SENT:
            fate = replace(fate, provider=sent.provider, vnd=_price(sent, plan))
    if Word.DELIVERED in words:
        return replace(fate, ending=Ending.DELIVERED, vnd=plan.dearest_vnd if fate.provider is None else fate.vnd)
    if not words & _FAILING or fate.ending == Ending.DELIVERED:
        return fate
    return replace(fate, ending=Ending.FAILED, vnd=0 if fate.provider is None else fate.vnd)


def out_of_use(fate: Fate, heard: Collection[Heard]) -> bool:
    """Tells whether nothing can be sent to its number any more: the account is asked on the platform's own screens alone."""
    return fate.ending == Ending.FAILED and any(each.word is Word.OUT_OF_USE for each in heard)


def _price(sent: Heard, plan: Campaign) -> int:
    """Returns what otp says it costs; where it says nothing, the plan's price of the provider, or of the dearest one."""
    if sent.cost_vnd:
        return sent.cost_vnd
    return next((each.cost_vnd for each in plan.providers if each.name == sent.provider), plan.dearest_vnd)
