"""Who is let in, with which roles, and who may change whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.credentials.staff import Operator, Role

BREAK_GLASS_LIFE: Final = timedelta(minutes=30)
"""An emergency's first steps, such as inviting an operator; then the envelope is opened again, audited again."""
BREAK_GLASS_IDLE: Final = timedelta(minutes=10)
BREAK_GLASS_TRIES: Final = 5
BREAK_GLASS_WINDOW: Final = timedelta(minutes=15)
"""So many tries in so long, over the whole deployment. Typing it wrong twice is human; its 256 bits cannot be guessed."""


class OperatorState(StrEnum):
    """Whether an operator may sign in."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class Means(StrEnum):
    """How a session began."""

    IDENTITY_PROVIDER = "IDENTITY_PROVIDER"
    BREAK_GLASS = "BREAK_GLASS"


class NotAdmitted(StrEnum):
    """Why somebody whom the identity provider knows is not let in."""

    NOT_INVITED = "NOT_INVITED"
    NO_ROLE = "NO_ROLE"
    """None of their groups has one here."""
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What the identity provider says of who signed in."""

    issuer: str
    subject: str = field(repr=False)
    display_name: str = field(repr=False)
    email: str = field(repr=False)
    """In lower case; empty unless the provider verified it."""
    roles: frozenset[Role] | None
    """By their groups; None where invitations decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An operator or invitation that may be whoever signed in."""

    id: str
    state: OperatorState
    roles: frozenset[Role]
    by_subject: bool
    """Found by issuer and subject; otherwise by the e-mail address of an invitation."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who is let in."""

    id: str
    """Empty: somebody new, whom their groups let in."""
    roles: frozenset[Role]


def admitted(assertion: Assertion, known: Sequence[Known]) -> Admitted | NotAdmitted:
    """Decides who is let in. What stands by subject is surer than an address, which may pass to another person."""
    by_subject = [each for each in known if each.by_subject]
    of = next((each for each in by_subject if each.state is OperatorState.ACTIVE), None)
    of = of or next((each for each in known if each.state is OperatorState.INVITED), None)
    if of is None and by_subject:
        return NotAdmitted.DISABLED
    if assertion.roles is not None:
        return Admitted("" if of is None else of.id, assertion.roles) if assertion.roles else NotAdmitted.NO_ROLE
    return NotAdmitted.NOT_INVITED if of is None else Admitted(of.id, of.roles)


def roles_of(groups: Sequence[str], table: Mapping[Role, Sequence[str]]) -> frozenset[Role]:
    """Returns the roles that somebody's groups give."""
    return frozenset(role for role, names in table.items() if not set(names).isdisjoint(groups))


def may_change(operator: Operator, other: str) -> bool:
    """Whether an admin may change roles of, or disable, an operator: nobody does that to themselves."""
    return operator.id != other
