"""What a job is, and what its handler answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

    from xacthuc.sql.columns import Json

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done once for its kind and key."""

    kind: str
    """From the closed set of the service; a label of metrics."""
    key: str = field(repr=False)
    """What it is about, such as a row's id. There is one job for a kind and key at a time."""
    payload: Json = field(default_factory=dict, repr=False)
    """Ids only, nothing personal: what the handler needs it reads when it runs."""
    not_before: datetime | None = None
    """None is at once. Years ahead costs a row."""
    trace: str | None = field(default=None, repr=False)
    """The `traceparent` of what asked for it, when that is recorded; None takes the one that is current when it is written."""

    def __post_init__(self) -> None:
        _check_word("kind", self.kind)
        if not 1 <= len(self.key) <= _LONGEST_KEY:
            raise ValueError(f"key: must have 1 to {_LONGEST_KEY} characters, has {len(self.key)}")
        if self.not_before is not None and self.not_before.tzinfo is None:
            raise ValueError("not_before: must be an aware datetime")


@dataclass(frozen=True, slots=True)
class Done:
    """The job is over; None says the same."""

    outcome: str = "DONE"
    """What it came to, in one word of a closed set, for the table of attempts."""

    def __post_init__(self) -> None:
        _check_word("outcome", self.outcome)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Nothing failed, and there is more to do later: an answer is pending, a time has not come."""

    when: datetime
    outcome: str = "WAITS"

    def __post_init__(self) -> None:
        _check_word("outcome", self.outcome)
        if self.when.tzinfo is None:
            raise ValueError("when: must be an aware datetime")


Handler: TypeAlias = "Callable[[Job], Awaitable[Done | RetryAt | None]]"
"""Does one job. It may run again after it succeeded, so it is idempotent. An exception is a failure."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the jobs of a kind are done, and how often they may fail."""

    handle: Handler
    waits: tuple[timedelta, ...]
    """The wait after each failure in a row, lengthened at random by up to a fifth. One failure more, and the job is held
    for an operator: the list is both the pace and the number of attempts."""

    def __post_init__(self) -> None:
        if list(self.waits) != sorted(self.waits):
            raise ValueError("waits: a later wait must not be shorter than an earlier one")

    @property
    def most_failures(self) -> int:
        """The failures in a row that a job is held for."""
        return len(self.waits) + 1


def _check_word(name: str, value: str) -> None:
    if not _WORD.fullmatch(value):
        raise ValueError(f"{name}: must be one word of at most 64 letters, digits and underscores")
