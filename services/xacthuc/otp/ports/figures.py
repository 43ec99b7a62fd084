"""What became of codes, as the service shows it and the delivery workers learn from it. One adapter implements both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.otp.delivery.domain.belief import Tried
    from xacthuc.otp.delivery.domain.figures import Figures, Place


class Experience(Protocol):
    """What was tried, for choices. Raises StoreUnavailable."""

    async def tried(self, half_life_ms: int, now_ms: int) -> Mapping[Place, Tried]:
        """Returns what every place was tried with, as much as `domain.belief.faded` lets count."""
        ...

    async def forget_gone(self) -> None:
        """Drops what is left of places where nothing was sent for two weeks."""
        ...


class FigureBook(Protocol):
    """What became of codes, for operators. Raises Unavailable when the store is down."""

    async def figures(self, hours: int, now_ms: int) -> Mapping[Place, Figures]:
        """Returns the figures of so many full hours and of the running one, where there are any."""
        ...

    async def tried(self, half_life_ms: int, now_ms: int) -> Mapping[Place, Tried]:
        """As in `Experience`, to explain choices by."""
        ...
