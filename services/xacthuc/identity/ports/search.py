"""Finding accounts by what they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.audit.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Whom to look for: one of both, and where."""

    platform: str
    """Empty: on all."""
    number: str = field(default="", repr=False)
    """E.164."""
    personal_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """An account that stands on it."""

    platform: str
    account_id: str = field(repr=False)
    verify_time: datetime


class AccountSearch(Protocol):
    """Looks by keyed hashes: numbers are in clear nowhere."""

    async def find(self, sought: Sought, reader: Reader, now: datetime) -> list[Found] | None:
        """Returns who stands on it now, None when there is no such platform; writes down that somebody asked."""
        ...
