"""As much of what is held as fits in one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from xacthuc.shares.filled import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BYTES: Final = 7 * 512 * 1024
"""Of both documents together: clients take messages of 4 MiB."""


class Cut(Protocol):
    """What can be had with fewer rows."""

    def newest(self, most: int) -> Cut:
        """Returns it with fewer rows of each section; their totals stay."""
        ...


T = TypeVar("T", bound=Cut)


def fitting(
    held: T, as_json: Callable[[T], str], as_page: Callable[[T], str], largest_bytes: int = LARGEST_BYTES
) -> tuple[str, str]:
    """Returns it as JSON and as a page, of as many rows of each section as fit in one answer, the newest."""
    most = MOST_ROWS
    while True:
        made = as_json(held), as_page(held)
        if most == 1 or sum(len(each.encode()) for each in made) <= largest_bytes:
            return made
        most //= 2
        held = held.newest(most)  # type: ignore[assignment]  # of its own kind: Python 3.11 has no way to say so here
