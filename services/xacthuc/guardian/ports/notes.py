"""Writing down what changes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.audit.trail import Entry


class Notes(Protocol):
    """The audit trail, for entries alone."""

    async def note(self, *entries: Entry) -> None:
        """Writes them in a transaction of their own."""
        ...
