"""What an account of an export lacks to be lawful: one class for each, in the order in which the law decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.policy import Action, Requirement

if TYPE_CHECKING:
    from xacthuc.policy import Policy


class AccountClass(StrEnum):
    """What has to happen to an account. Closed."""

    VERIFIED = "VERIFIED"
    """Nothing: the platform verified its number before and can show it, and the policy takes that for proof."""
    NEEDS_DETAILS = "NEEDS_DETAILS"
    """Its number is proven, and its name or birth date is missing (R10)."""
    NEEDS_PHONE = "NEEDS_PHONE"
    """A code to its Vietnamese mobile number (R1)."""
    NEEDS_PERSONAL_ID = "NEEDS_PERSONAL_ID"
    """A personal ID: of who sells live (R3), or who confirmed to have no Vietnamese mobile number (R2)."""
    NEEDS_GUARDIAN = "NEEDS_GUARDIAN"
    """A parent or guardian: the holder is a child (R15)."""
    MUST_NOT_SELL = "MUST_NOT_SELL"
    """To stop selling live, which nothing makes lawful for a child, and a parent or guardian (R3, R15)."""
    UNREACHABLE = "UNREACHABLE"
    """To be asked on the platform's own screens: there is no number that a message could go to."""
    DUPLICATE = "DUPLICATE"
    """Nothing: an earlier row is about the same account."""


OF_CHILDREN: Final = frozenset({AccountClass.NEEDS_GUARDIAN, AccountClass.MUST_NOT_SELL})
"""Whom nothing is sent to, and who are asked on the platform's own screens alone: a child's number is not kept before a
guardian answers (Law 91/2025/QH15 Art. 24)."""


class Age(StrEnum):
    """What a birth date tells."""

    GROWN = "GROWN"
    CHILD = "CHILD"
    UNKNOWN = "UNKNOWN"
    """None was given."""


class Traits(NamedTuple):
    """All that the class of an account depends on. There are few combinations, so each is decided once."""

    age: Age
    named: bool
    """Whether there is a full name."""
    mobile: bool
    """Whether there is a number that a person in Vietnam can receive a code on."""
    shown: bool
    """Whether the platform can show that the holder proved it: when, and by what."""
    sells: bool
    """Whether the account streams for a commercial purpose."""
    no_mobile: bool
    """Whether the holder confirmed to have no Vietnamese mobile number."""
    repeated: bool
    """Whether an earlier row is about the same account."""


def classify(traits: Traits, policy: Policy) -> AccountClass:
    """Returns what an account lacks.

    An age that nobody knows is not taken for a child's: the birth date is asked for first, and tells.
    """
    if traits.repeated:
        return AccountClass.DUPLICATE
    if traits.age is Age.CHILD:
        return AccountClass.MUST_NOT_SELL if traits.sells else AccountClass.NEEDS_GUARDIAN
    if traits.sells and policy.rule_for(Action.LIVESTREAM_COMMERCE).requirement is Requirement.PERSONAL_ID:
        return AccountClass.NEEDS_PERSONAL_ID
    if traits.mobile:
        if not (traits.shown and policy.imports.accept_phone_evidence):
            return AccountClass.NEEDS_PHONE
        complete = traits.named and traits.age is Age.GROWN
        return AccountClass.VERIFIED if complete else AccountClass.NEEDS_DETAILS
    return AccountClass.NEEDS_PERSONAL_ID if traits.no_mobile else AccountClass.UNREACHABLE
