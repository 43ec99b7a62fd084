"""The families, each of which ends in one situation that a platform's screens have to show.

Every number belongs to one role of one family: what a family of another name does never takes it away. A guardian takes
on a few children and a number gets a few codes a day, so each role has two or three.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.cli.sandbox.people import FATHER, GRANDMOTHER, MOTHER, STRANGER
from xacthuc.client import Relation
from xacthuc.phone.sandbox import UNANSWERED
from xacthuc.policy.dates import local_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.cli.sandbox.people import People
    from xacthuc.client import Link


NUMBERS: Final = {
    "consents": range(50, 53),
    "account": range(53, 56),
    "grandmother": range(56, 58),
    "declines": range(58, 59),
    "underage": range(59, 62),
    "held": range(62, 64),
    "second": range(64, 66),
    "second, father": range(66, 68),
    "parents": range(68, 70),
    "parents, father": range(70, 72),
    "parents, third": range(72, 73),
    "suspended": range(73, 75),
    "revoked": range(75, 77),
    "recycled": range(77, 83),
    "sixteen": range(83, 85),
    "seven": range(85, 87),
}
"""The last two digits of the numbers of each role."""


@dataclass(frozen=True, slots=True)
class Family:
    """One situation, and how it comes about."""

    shows: str
    play: Callable[[People], str]
    """Returns the child's account."""


def _consents(people: People) -> str:
    _, child = _mothers_child(people, "consents")
    return child


def _account(people: People) -> str:
    child, number = people.child(), _one_of("account")
    father = people.grown_up(FATHER, number)
    people.allows(people.confirms(people.invites(child, account=father, relation=Relation.FATHER), number, FATHER))
    return child


def _grandmother(people: People) -> str:
    child = people.child()
    people.allows(people.taken_on(child, _one_of("grandmother"), GRANDMOTHER, Relation.GRANDPARENT))
    return child


def _declines(people: People) -> str:
    child = people.child()
    people.client.guardian.decline_link(people.invites(child, _one_of("declines")))
    return child


def _unanswered(people: People) -> str:
    child = people.child()
    people.invites(child, UNANSWERED)
    return child


def _underage(people: People) -> str:
    child, number = people.child(), _one_of("underage")
    youth = MOTHER._replace(birth_date=date(datetime.now(UTC).year - 17, 12, 31))
    link = people.invites(child, number, relation=Relation.GUARDIAN_NATURAL)
    people.is_refused(lambda: people.confirms(link, number, youth))
    return child


def _held(people: People) -> str:
    child, number, tablet = people.child(), _one_of("held"), f"sandbox-tablet-{secrets.token_hex(4)}"
    people.confirms(people.invites(child, number, device=tablet), number, device=tablet)
    return child


def _second(people: People) -> str:
    _, child = _mothers_child(people, "second")
    people.taken_on(child, _one_of("second, father"), FATHER, Relation.FATHER)
    return child


def _parents(people: People) -> str:
    mother, child = _mothers_child(people, "parents")
    father = people.taken_on(child, _one_of("parents, father"), FATHER, Relation.FATHER)
    people.client.guardian.approve_link(father, by=mother)
    people.is_refused(lambda: people.invites(child, _one_of("parents, third"), relation=Relation.GRANDPARENT))
    return child


def _suspended(people: People) -> str:
    mother, child = _mothers_child(people, "suspended")
    people.client.guardian.update_supervision(mother, suspended=True)
    return child


def _revoked(people: People) -> str:
    mother, child = _mothers_child(people, "revoked")
    people.client.guardian.revoke_link(mother)
    return child


def _recycled(people: People) -> str:
    child, number = people.child(), _one_of("recycled")
    people.allows(people.taken_on(child, number))
    people.grown_up(STRANGER, number)
    return child


def _sixteen(people: People) -> str:
    _, child = _mothers_child(people, "sixteen", born=_turns_tomorrow(16))
    return child


def _seven(people: People) -> str:
    mother, child = _mothers_child(people, "seven", born=_turns_tomorrow(7))
    people.client.guardian.record_child_assent(
        child, "profile_photo", text_version="sandbox", accept_time=datetime.now(UTC), by=mother
    )
    return child


FAMILIES: Final = {
    "consents": Family("A mother without an account consented: the child writes.", _consents),
    "account": Family("A father answers by an account of the platform: the child writes.", _account),
    "grandmother": Family("A grandmother answers, and declared why no parent does.", _grandmother),
    "declines": Family("The mother declined: the child invites somebody else.", _declines),
    "unanswered": Family("Nobody answers: the invitation expires 10 seconds after it was made.", _unanswered),
    "underage": Family("Who was invited is not yet 18, and is refused with GUARDIAN_UNFIT.", _underage),
    "held": Family("The mother confirmed on the child's own device: an officer has to decide.", _held),
    "second": Family("A mother answers; the father waits for her approval.", _second),
    "parents": Family("Both parents answer; a third guardian is refused with GUARDIAN_LIMIT.", _parents),
    "suspended": Family("The mother suspended the child, and may resume it.", _suspended),
    "revoked": Family("The mother took her consent back: the account is suspended, its erasure clock runs.", _revoked),
    "recycled": Family("The mother's number is somebody else's now: the gate is shut, an officer is asked.", _recycled),
    "sixteen": Family("The child turns 16 at the next midnight in Vietnam, and needs something of its own.", _sixteen),
    "seven": Family("The child turns 7 then: publishing its photo will need its own consent as well.", _seven),
}


def _mothers_child(people: People, role: str, born: date | None = None) -> tuple[Link, str]:
    child = people.child(born)
    return people.allows(people.taken_on(child, _one_of(role))), child


def _one_of(role: str) -> str:
    """Returns one of the numbers of a role."""
    return f"0992 000 0{secrets.choice(NUMBERS[role])}"


def born_to_turn(age: int, day: date) -> date:
    """Returns when somebody was born who comes to be so old on a day; a day later where that day is no birthday of theirs."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:  # a 29 February, on which nobody born in a common year turns anything
        return date(day.year - age, 3, 1)


def _turns_tomorrow(age: int) -> date:
    return born_to_turn(age, local_date(datetime.now(UTC)) + timedelta(days=1))
