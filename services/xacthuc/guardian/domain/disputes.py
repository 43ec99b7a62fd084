"""What speaks against a link until an officer has decided, and what follows then. Pure.

While something speaks against who answers for a child, or would, nothing changes by it: it is on record, and a named
officer decides with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class DisputeCause(StrEnum):
    """What speaks against the link. The contract carries the same names."""

    NUMBER_OF_CHILD = "NUMBER_OF_CHILD"
    DEVICE_OF_CHILD = "DEVICE_OF_CHILD"
    CONTESTED = "CONTESTED"
    """Somebody says that the guardian is not who was declared, has died or lost the rights (Law 52/2014 Art. 85)."""
    NUMBER_RECYCLED = "NUMBER_RECYCLED"
    BIRTH_DATE_CORRECTED = "BIRTH_DATE_CORRECTED"


class DisputeState(StrEnum):
    """Where it stands. The contract carries the same names."""

    OPEN = "OPEN"
    ALLOWED = "ALLOWED"
    """The link goes on."""
    REFUSED = "REFUSED"
    """The link ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One question for an officer."""

    platform: str
    dispute_id: str
    link: str
    child: str = field(repr=False)
    cause: DisputeCause
    state: DisputeState
    basis: str = field(repr=False)
    resolver: str
    resolve_basis: str = field(repr=False)
    create_time: datetime
    resolve_time: datetime | None
