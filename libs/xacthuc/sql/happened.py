"""What an outbox holds, for those who read one without SQLAlchemy too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one subject."""

    platform: str
    subject: str
    """Whose order matters, such as an account id."""
    kind: str
    """From the closed set of the service."""
    time: datetime
    detail: dict[str, str | int | bool | None]
    """Never personal: events leave the service. What free texts have of a number or an id is masked."""
    trace: str | None = None
    """The `traceparent` of the call that did it, when that is recorded; written by `append`."""


@dataclass(frozen=True, slots=True)
class Positioned:
    """An event in its place."""

    position: int
    """1 and up, without gaps; a reader resumes behind the last one it dealt with."""
    event: Event


class Head(NamedTuple):
    """Where an outbox begins and ends."""

    position: int
    """The last one given."""
    forgotten: int
    """The last one that is not kept any more; 0 while everything is."""


class Span(NamedTuple):
    """A part of the outbox, with where it began and ended at that moment."""

    head: Head
    events: list[Positioned]
