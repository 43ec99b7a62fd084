"""What a check remembers, so that whatever comes twice is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Digest: TypeAlias = Callable[[str], bytes]
"""Returns what stands for a value and tells nobody anything."""

PARTS: Final = 256
"""Digests are parted by their first byte, so that no more than a part of them is ever sorted out at once."""


class Repeats(Protocol):
    """Remembers any number of digests, each with some bytes."""

    def add(self, parts: Sequence[bytes | bytearray]) -> None:
        """Remembers some, each digest with its bytes behind it, in the order in which they came to each of `PARTS` parts."""
        ...

    def groups(self) -> Iterator[list[bytes]]:
        """Yields what came with each digest that came more than once, in order."""
        ...
