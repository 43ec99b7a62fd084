"""What the media edges of platforms are told: running broadcasts that may not go on as they were. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.policy import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime


HIDDEN: Final = "GOODS_HIDDEN"
REVOKED: Final = "BROADCAST_REVOKED"
UNRENEWED: Final = "BROADCAST_UNRENEWED"
"""The kinds of the outbox."""
_DECLARED: Final = "DECLARE"
"""As the record spells what was decided for a declaration."""


class RevocationCause(StrEnum):
    """What led to it. The contract carries the same names."""

    ACCOUNT = "ACCOUNT"
    DECLARATION = "DECLARATION"
    UNRENEWED = "UNRENEWED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One thing that an edge has to do at once."""

    revocation_id: str
    position: int
    """Its place in the outbox."""
    platform: str
    broadcast_id: str
    account_id: str = field(repr=False)
    ruling: Ruling
    cause: RevocationCause | None
    """None for one that a newer process beside this one wrote, and this one cannot name."""
    reason: str
    legal_basis: str
    time: datetime


class Happening(Protocol):
    """What the outbox says of one broadcast."""

    @property
    def platform(self) -> str:
        """Whose it is."""
        ...

    @property
    def subject(self) -> str:
        """Which broadcast."""
        ...

    @property
    def kind(self) -> str:
        """What must not go on."""
        ...

    @property
    def time(self) -> datetime:
        """When that was decided."""
        ...

    @property
    def detail(self) -> Mapping[str, str | int | bool | None]:
        """Why."""
        ...


def told(position: int, event: Happening, event_id: Callable[[int, int], str]) -> Iterator[Revocation]:
    """Yields what is told of a change at `position`. A kind that is not known here is told as one to cut."""
    yield Revocation(
        revocation_id=event_id(position, 0),
        position=position,
        platform=event.platform,
        broadcast_id=event.subject,
        account_id=str(event.detail.get("account") or ""),
        ruling=Ruling.HIDE_GOODS if event.kind == HIDDEN else Ruling.CUT,
        cause=_cause(event),
        reason=str(event.detail.get("reason") or ""),
        legal_basis=str(event.detail.get("legal_basis") or ""),
        time=event.time,
    )


def _cause(event: Happening) -> RevocationCause | None:
    if event.kind == UNRENEWED:
        return RevocationCause.UNRENEWED
    if event.kind not in {HIDDEN, REVOKED}:
        return None
    return RevocationCause.DECLARATION if event.detail.get("cause") == _DECLARED else RevocationCause.ACCOUNT
