"""What an import needs: somebody who registers accounts, and a place where answers outlive the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from xacthuc.backfill.domain.importing import Answer, Sent


class IdentityAway(Exception):  # noqa: N818 - it is an outcome, not a defect
    """Identity does not answer now, and may later. The message says what came instead."""


class Imports(Protocol):
    """Registers accounts with identity."""

    def send(self, batches: Iterator[Sent]) -> AsyncGenerator[Answer]:
        """Yields what became of each batch, in order, until the last one or for a while; IdentityAway."""
        ...


class Kept(Protocol):
    """What is known of a shard, whatever happens to the process."""

    @property
    def done(self) -> Mapping[int, int]:
        """How many rows the batches have that were answered, by their number."""
        ...

    def add(self, answer: Answer) -> None:
        """Keeps an answer."""
        ...
