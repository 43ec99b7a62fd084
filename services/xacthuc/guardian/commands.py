"""What the verbs are asked, as values: made by `wire`, understood by the use cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xacthuc.guardian.domain.links import Declaration
    from xacthuc.guardian.domain.relations import Relation
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLink:
    """Somebody to be invited, by account or by number."""

    order: Order
    child_id: str = field(repr=False)
    account_id: str | None = field(repr=False)
    phone_number: str = field(repr=False)
    """As it was typed; empty where an account is invited."""
    relation: Relation
    device_id: str = field(repr=False)
    """On which the child signs up; empty where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthDate:
    """A date as it was given, which the calendar may not have."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who takes a child on."""

    full_name: str = field(repr=False)
    birth_date: BirthDate = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLink:
    """An invitation that is answered."""

    order: Order
    link: str
    proof_token: str = field(repr=False)
    person: Person
    declaration: Declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGuardian:
    """Something that one who answers for the child does about another link."""

    order: Order
    link: str
    by: str
    """The link of who does it; empty where it is the person who was invited."""
