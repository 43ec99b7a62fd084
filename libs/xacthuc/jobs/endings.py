"""What an answer, a failure or an interruption makes of an attempt. Pure; the worker does it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.jobs.claims import Ending, State
from xacthuc.jobs.job import RetryAt
from xacthuc.sql.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from xacthuc.jobs.claims import Claim
    from xacthuc.jobs.job import Done, Work

_JITTER: Final = 0.2
_MOMENT: Final = timedelta(seconds=1)
"""Until a job whose database was away is tried again."""


class Result(StrEnum):
    """How an attempt ended, for metrics and logs."""

    DONE = "done"
    WAITS = "waits"
    """The handler wants to go on later, or the database was away."""
    FAILED = "failed"
    HELD = "held"
    """Failed once too often."""
    RETURNED = "returned"
    """This process is stopping; another one takes the job at once."""
    LOST = "lost"
    """The lease ran out."""


class Verdict(NamedTuple):
    """One result and what it writes."""

    result: Result
    ending: Ending


def answered(answer: Done | RetryAt | None) -> Verdict:
    """What a handler's answer means."""
    if isinstance(answer, RetryAt):
        return Verdict(Result.WAITS, Ending(state=State.WAITING, outcome=answer.outcome, when=answer.when))
    return Verdict(Result.DONE, Ending(state=State.OVER, outcome=answer.outcome if answer else "DONE"))


def failed(claim: Claim, work: Work, error: BaseException, chance: float) -> Verdict:
    """What an exception means; `chance` is 0 to 1.

    A database that is away says nothing about the job, so that does not count. One that is merely busy may be so because
    of the job itself, and does.
    """
    outcome = type(error).__name__
    if type(error) is DatabaseUnavailable:
        ending = Ending(
            state=State.WAITING, outcome=outcome, failures=claim.failures, wait=_lengthened(_MOMENT, chance)
        )
        return Verdict(Result.WAITS, ending)
    failures = claim.failures + 1
    if failures >= work.most_failures:
        return Verdict(Result.HELD, Ending(state=State.HELD, outcome=outcome, failures=failures))
    wait = _lengthened(work.waits[failures - 1], chance)
    return Verdict(Result.FAILED, Ending(state=State.WAITING, outcome=outcome, failures=failures, wait=wait))


def returned(claim: Claim) -> Verdict:
    """What stopping the process means for a job that was not finished."""
    ending = Ending(state=State.WAITING, outcome="RETURNED", failures=claim.failures, wait=timedelta())
    return Verdict(Result.RETURNED, ending)


def place_of(error: BaseException) -> str:
    """Returns file and line of the innermost frame: where to look, without a word of what was in hand there."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _lengthened(wait: timedelta, chance: float) -> timedelta:
    return wait * (1 + _JITTER * chance)
