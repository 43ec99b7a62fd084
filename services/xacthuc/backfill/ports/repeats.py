"""What a check remembers, so that whatever comes twice is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Digest: TypeAlias = Callable[[str], bytes]
"""Returns what stands for a value and tells nobody anything."""


class Repeats(Protocol):
    """Remembers any number of digests, each with some bytes."""

    def add(self, digest: bytes, extra: bytes) -> None:
        """Remembers one."""
        ...

    def groups(self) -> Iterator[list[bytes]]:
        """Yields what came with each digest that came more than once, in order."""
        ...
