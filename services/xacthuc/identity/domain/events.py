"""What watchers and webhooks are told of what happened to accounts. Pure.

The outbox says more than leaves the service: a lock's basis is free text, and a batch of an import is one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

BATCH: Final = "ACCOUNTS_IMPORTED"
"""The one kind of the outbox that is about many accounts."""
IMPORTED: Final = "ACCOUNT_IMPORTED"
"""What each of them is told as."""

PASSED_ON: Final = "number_passed_on"
"""Of REVERIFICATION_REQUIRED: the number that stands no longer is somebody else's now (R30)."""

DETAILS: Final = (
    *("awaits_guardian", "birth_date", "due_time", "expire_time"),
    *(PASSED_ON, "outcome", "purge_time", "suspended", "version"),
)
"""The particulars that are told. Everything else stays inside, such as a lock's basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing that happened to one account."""

    event_id: str
    position: int
    """Its place in the outbox; those of one batch share it."""
    number: int = 0
    """Its place among those."""
    kind: str
    platform: str
    account_id: str
    time: datetime
    details: tuple[tuple[str, str], ...]
    trace: str | None = None
    """The `traceparent` of the call that did it, when that is recorded. No platform is told."""


class Happening(Protocol):
    """What the outbox says of one change."""

    @property
    def platform(self) -> str:
        """Where it happened."""
        ...

    @property
    def subject(self) -> str:
        """To what: an account, or a batch."""
        ...

    @property
    def kind(self) -> str:
        """What it was."""
        ...

    @property
    def time(self) -> datetime:
        """When it was."""
        ...

    @property
    def trace(self) -> str | None:
        """Which trace it is part of."""
        ...

    @property
    def detail(self) -> Mapping[str, str | int | bool | None]:
        """Everything about it."""
        ...


def told(position: int, event: Happening, event_id: Callable[[int, int], str]) -> Iterator[AccountEvent]:
    """Yields what is told of a change at `position`; `event_id` names the n-th event of a position."""
    if event.kind != BATCH:
        subjects, kind, details = [event.subject], event.kind, particulars(event.detail)
    else:
        subjects, kind, details = str(event.detail["accounts"]).split(), IMPORTED, ()
    for number, subject in enumerate(subjects):
        yield AccountEvent(
            event_id=event_id(position, number),
            position=position,
            number=number,
            kind=kind,
            platform=event.platform,
            account_id=subject,
            time=event.time,
            details=details,
            trace=event.trace,
        )


def particulars(detail: Mapping[str, str | int | bool | None]) -> tuple[tuple[str, str], ...]:
    """Returns what is told of a row's detail, by name."""
    return tuple((name, _spelled(value)) for name in DETAILS if (value := detail.get(name)) is not None)


def _spelled(value: str | int | bool) -> str:  # noqa: FBT001 - a value of JSON
    return str(value).lower() if isinstance(value, bool) else str(value)
