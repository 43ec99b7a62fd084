"""What a child may do, as its guardians say (R19; Decree 147/2024 Art. 23(3)(đ), 27(3)(a)). Pure.

Identity enforces it, from the last version it was told, and only while somebody fit to answers for the child. Here is
what guardians may say, and what holds before they say anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.guardian.domain.life import AgeBand
from xacthuc.policy import Action

if TYPE_CHECKING:
    from datetime import time

    from xacthuc.policy import Policy

DAY_MINUTES: Final = 24 * 60
NEVER_ALLOWED: Final = frozenset({Action.READ, Action.LIVESTREAM_COMMERCE})
"""What no guardian decides about: reading is free (R6), and selling live takes a personal ID of one's own (R3)."""


class QuietHours(NamedTuple):
    """Minutes since midnight in Vietnam between which nothing is allowed; over midnight when the end is the smaller."""

    start: int
    end: int


NO_QUIET_HOURS: Final = QuietHours(0, 0)


class Supervision(NamedTuple):
    """What is allowed of a child while somebody answers for it."""

    actions: frozenset[Action]
    quiet: QuietHours
    suspended: bool = False
    """Whether nothing but reading is allowed."""


class Change(NamedTuple):
    """What a guardian wants otherwise; None for what stays."""

    actions: frozenset[Action] | None = None
    quiet: QuietHours | None = None
    suspended: bool | None = None


def beginning(policy: Policy, band: AgeBand) -> Supervision:
    """Returns what a child may do before a guardian says otherwise."""
    rules = policy.supervision
    first = rules.below_assent if band is AgeBand.BELOW_ASSENT else rules.from_assent
    quiet = QuietHours(_minute(first.quiet_from), _minute(first.quiet_to))
    return Supervision(actions=frozenset(first.actions), quiet=quiet)


def changed(kept: Supervision, change: Change) -> Supervision:
    """Returns what is allowed after a guardian's `change`, who never allows what is no child's."""
    return kept._replace(
        actions=kept.actions if change.actions is None else change.actions - NEVER_ALLOWED,
        quiet=kept.quiet if change.quiet is None else _of_one_day(change.quiet),
        suspended=kept.suspended if change.suspended is None else change.suspended,
    )


def widens(before: Supervision, after: Supervision) -> bool:
    """Whether a child may do anything, at any minute of the day, that it might not do before."""
    return (
        (before.suspended and not after.suspended)
        or not after.actions <= before.actions
        or not _minutes(before.quiet) <= _minutes(after.quiet)
    )


def _minutes(quiet: QuietHours) -> frozenset[int]:
    return frozenset((quiet.start + at) % DAY_MINUTES for at in range((quiet.end - quiet.start) % DAY_MINUTES))


def _of_one_day(quiet: QuietHours) -> QuietHours:
    """Spells every pair that is no time at all in one way, so that the same is recognised as the same."""
    return NO_QUIET_HOURS if quiet.start == quiet.end else quiet


def _minute(of_day: time) -> int:
    return of_day.hour * 60 + of_day.minute
