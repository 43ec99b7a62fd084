"""What platforms are told of links, so that each guardian hears of what the other one does. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent:
    """One thing that happened."""

    event_id: str
    position: int
    """Its place in the outbox."""
    platform: str
    kind: str
    """A word of `adapters.events`, or of a newer process beside this one."""
    child_id: str = field(repr=False)
    link: str
    time: datetime


class Happening(Protocol):
    """What the outbox says of one child."""

    @property
    def platform(self) -> str:
        """Whose it is."""
        ...

    @property
    def subject(self) -> str:
        """Which child."""
        ...

    @property
    def kind(self) -> str:
        """What happened."""
        ...

    @property
    def time(self) -> datetime:
        """When."""
        ...

    @property
    def detail(self) -> Mapping[str, str | int | bool | None]:
        """By which link."""
        ...


def told(position: int, event: Happening, event_id: Callable[[int, int], str]) -> Iterator[LinkEvent]:
    """Yields what is told of a change at `position`."""
    yield LinkEvent(
        event_id=event_id(position, 0),
        position=position,
        platform=event.platform,
        kind=event.kind,
        child_id=event.subject,
        link=str(event.detail.get("link") or ""),
        time=event.time,
    )
