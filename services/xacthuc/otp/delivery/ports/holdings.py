"""Who works, and who holds which partition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Tenure:
    """One worker's hold on a partition. The fence grows with every change of hands and guards every write."""

    partition: int
    fence: int


class Holdings(Protocol):
    """Who works and who holds which partition."""

    async def announce(self, worker: str, until_ms: int, now_ms: int) -> Sequence[str]:
        """Says that `worker` lives until then, or leaves when 0; returns all that live."""
        ...

    async def take(self, worker: str, partition: int, until_ms: int, now_ms: int) -> Tenure | None:
        """Takes a partition that nobody holds, or renews; None when another worker holds it."""
        ...

    async def leave(self, worker: str, tenure: Tenure) -> None:
        """Lets somebody else take the partition at once."""
        ...
