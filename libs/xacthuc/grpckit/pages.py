"""How long pages are."""

from __future__ import annotations

from typing import Final, Protocol

_DEFAULT_PAGE: Final = 100
"""What the contract says a page size of 0 means."""


class Paged(Protocol):
    """A request for a page (AIP-158)."""

    page_size: int


def size_of(request: Paged) -> int:
    """Returns how many items are asked for."""
    return request.page_size or _DEFAULT_PAGE
