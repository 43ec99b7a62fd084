"""Cells that repeat are read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")

_MOST: Final = 1 << 16
"""More different cells than days in a life, and few megabytes of them."""


class Memo(dict[K, V], Generic[K, V]):
    """Answers by cell: `memo[cell]` asks for each once, until there are too many and all are forgotten."""

    def __init__(self, ask: Callable[[K], V]) -> None:
        """Takes what answers."""
        super().__init__()
        self._ask = ask

    def __missing__(self, key: K) -> V:
        """Asks."""
        if len(self) >= _MOST:
            self.clear()
        value = self[key] = self._ask(key)
        return value
