"""How many calls a process serves at once; beyond that it sheds instead of queueing.

A queue would only make every answer late: at saturation each waiting call passes its deadline and is asked again.
Health and reflection are not counted, so that a busy process is not taken for a dead one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from xacthuc.grpckit.errors import LimitExceeded
from xacthuc.grpckit.reasons import Reason

RETRY_AFTER_SHED: Final = timedelta(milliseconds=200)
"""Long enough for the burst of one process to pass or for another to be chosen; callers add their own jitter."""


class Admission:
    """Counts what is in flight: calls, and streams, which last long and cost little, apart."""

    __slots__ = ("calls", "maximum_calls", "maximum_streams", "streams")

    def __init__(self, maximum_calls: int, maximum_streams: int) -> None:
        self.maximum_calls = maximum_calls
        self.maximum_streams = maximum_streams
        self.calls = 0
        self.streams = 0

    def enter_call(self) -> None:
        """Counts a call in; LimitExceeded when the process is full. Pair it with `calls -= 1`."""
        if self.calls >= self.maximum_calls:
            raise overloaded()
        self.calls += 1

    def enter_stream(self) -> None:
        """Counts a stream in; LimitExceeded when the process is full. Pair it with `streams -= 1`."""
        if self.streams >= self.maximum_streams:
            raise overloaded()
        self.streams += 1


def overloaded() -> LimitExceeded:
    """Returns the answer to a call that was shed."""
    return LimitExceeded(
        "this server is at its limit of concurrent calls",
        reason=Reason.OVERLOADED,
        retry_after=RETRY_AFTER_SHED,
    )
