"""What watchers and webhooks are told of what happened to accounts. Pure.

The outbox says more than leaves the service: a lock's basis is free text, and a batch of an import is one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from xacthuc.sql.columns import Json
    from xacthuc.sql.outbox import Positioned

BATCH: Final = "ACCOUNTS_IMPORTED"
"""The one kind of the outbox that is about many accounts."""
IMPORTED: Final = "ACCOUNT_IMPORTED"
"""What each of them is told as."""

DETAILS: Final = ("awaits_guardian", "expire_time", "outcome", "purge_time", "suspended", "version")
"""The particulars that are told. Everything else stays inside, such as a lock's basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing that happened to one account."""

    event_id: str
    position: int
    """Its place in the outbox; those of one batch share it."""
    kind: str
    platform: str
    account_id: str
    time: datetime
    details: tuple[tuple[str, str], ...]


def told(row: Positioned, event_id: Callable[[int, int], str]) -> Iterator[AccountEvent]:
    """Yields what a row of the outbox is told as; `event_id` names the n-th event of a position."""
    event, position = row.event, row.position
    if event.kind != BATCH:
        subjects, kind, details = [event.subject], event.kind, particulars(event.detail)
    else:
        subjects, kind, details = str(event.detail["accounts"]).split(), IMPORTED, ()
    for number, subject in enumerate(subjects):
        yield AccountEvent(
            event_id=event_id(position, number),
            position=position,
            kind=kind,
            platform=event.platform,
            account_id=subject,
            time=event.time,
            details=details,
        )


def particulars(detail: Json) -> tuple[tuple[str, str], ...]:
    """Returns what is told of a row's detail, by name."""
    return tuple((name, _spelled(value)) for name in DETAILS if (value := detail.get(name)) is not None)


def _spelled(value: str | int | bool) -> str:  # noqa: FBT001 - a value of JSON
    return str(value).lower() if isinstance(value, bool) else str(value)
