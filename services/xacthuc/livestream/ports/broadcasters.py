"""Asking what an account may do on air."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.domain.broadcaster import Broadcaster


class Broadcasters(Protocol):
    """The identity service, asked anew each time."""

    async def ask(self, account_id: str, call: Call) -> Broadcaster:
        """Returns what is known on behalf of `call`. Unavailable when identity does not answer."""
        ...

    async def look(self, platform: str, account_id: str) -> Broadcaster:
        """Returns the same for work without a caller. Raises likewise."""
        ...
