"""When a watch is taken up again, and after what pause. Both transports do the same about it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from grpc import StatusCode

from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from xacthuc.client.calls import Watch
    from xacthuc.client.errors import XacthucError

_FIRST_SECONDS: Final = 0.5
_PASSING: Final = frozenset({StatusCode.UNAVAILABLE, StatusCode.CANCELLED})
"""What a server that restarts, a proxy that lets go and a flood of streams end with."""
_REFUSING: Final = frozenset(
    {
        StatusCode.UNAUTHENTICATED,
        StatusCode.PERMISSION_DENIED,
        StatusCode.OUT_OF_RANGE,
        StatusCode.INVALID_ARGUMENT,
    }
)
"""What is the same however often one asks."""


class Pauses:
    """The pauses of one watch: longer with each failure in a row, and drawn, so that watchers do not come back at once."""

    def __init__(self, watch: Watch[Any]) -> None:
        """Takes what says how long pauses may get, and what ends the watch."""
        self._most_seconds = watch.longest_pause.total_seconds()
        self._lasting = watch.lasting
        self._longest_seconds = _FIRST_SECONDS

    def told(self) -> None:
        """Hears that an answer came."""
        self._longest_seconds = _FIRST_SECONDS

    def after(self, error: XacthucError | None) -> float:
        """Returns for how many seconds to wait; None is a stream that ended by itself. Raises an error that will not pass."""
        if error is None:
            return random.uniform(0, _FIRST_SECONDS)
        if not self._passes(error):
            raise error
        asked = error.retry_after.total_seconds() if error.retry_after else 0.0
        seconds = asked + random.uniform(0, self._longest_seconds)
        self._longest_seconds = min(2 * self._longest_seconds, self._most_seconds)
        return seconds

    def _passes(self, error: XacthucError) -> bool:
        if self._lasting:
            return error.status not in _REFUSING
        return error.status in _PASSING or error.reason == Reason.OVERLOADED
