"""How long a stream lasts: half an hour and a bit, until the process drains, or until its reader takes nothing any more.

Streams have no deadline ceiling, but none lasts for ever: an end spreads them over the servers there are now, and the
jitter keeps those that began together from coming back together. A stream ends with OK; its reader comes back with its
cursor. At a drain, and when its reader has let an answer lie for too long, it ends with UNAVAILABLE: the first goes to
another process at once, the second goes on from its cursor once it reads again, and holds nothing here until then.

One timer looks after all streams, and each is one object. A timer, a generator and a context of contextlib's for each of
thousands would be more than what they watch for.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self

from xacthuc.grpckit.errors import Unavailable
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from types import TracebackType

LIFETIME: Final = timedelta(minutes=30)
PATIENCE: Final = timedelta(seconds=20)
"""With a reader that takes nothing. gRPC holds 64 KiB for it first, hundreds of revocations."""

_JITTER: Final = 0.2
_LOOKS: Final = 20
"""In the shorter of both times: a stream may run over by one part in so many."""


class Stream:
    """One stream, open while it is entered; its end ends the block by cancelling the task, as `asyncio.timeout` does.

    The block ends silently when its time is over, and with Unavailable at the drain and for a reader that is too slow.
    """

    __slots__ = ("_cancelling", "_ended", "_slow", "_streams", "_task", "_until", "_writing_since")

    def __init__(self, streams: Streams, until: float) -> None:
        """`until` is when it has lasted long enough, on `time.monotonic()`'s scale."""
        self._streams = streams
        self._until = until
        self._writing_since: float | None = None
        self._slow = False
        self._ended = False

    def __enter__(self) -> Self:
        """Begins; Unavailable at the drain."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._task: asyncio.Task[Any] = task
        self._cancelling = task.cancelling()
        self._streams.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Takes back what `end` did to the task, so that only its callers' own cancellations go on."""
        self._streams.leave(self)
        if not self._ended or self._task.uncancel() > self._cancelling or kind is not asyncio.CancelledError:
            return False
        if self._streams.draining:
            raise _draining() from None
        if self._slow:
            raise _too_slow() from None
        return True

    async def write(self, context: Any, answer: Any) -> None:
        """Sends an answer. gRPC takes it once there is room before the reader."""
        self._writing_since = monotonic()
        await context.write(answer)
        self._writing_since = None

    def look(self, now: float, patience_seconds: float) -> None:
        """Ends it when its time is over, or its reader's."""
        if self._ended:
            return
        self._slow = self._writing_since is not None and self._writing_since + patience_seconds <= now
        if self._slow or self._until <= now:
            self.end()

    def end(self) -> None:
        """Ends it at once; what is ending already ends as it began to."""
        if not self._ended:
            self._ended = True
            self._task.cancel()


class Streams:
    """The streams of a process."""

    def __init__(self, lifetime: timedelta = LIFETIME, patience: timedelta = PATIENCE) -> None:
        """`lifetime` is the shortest a stream may last, up to a fifth is added to each; `patience` is with its reader."""
        self._lifetime_seconds = lifetime.total_seconds()
        self._patience_seconds = patience.total_seconds()
        self._interval_seconds = min(self._lifetime_seconds, self._patience_seconds) / _LOOKS
        self._open: set[Stream] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False

    def lifetime_seconds(self) -> float:
        """Returns how long one stream may last."""
        return self._lifetime_seconds * (1 + random.random() * _JITTER)

    @property
    def draining(self) -> bool:
        """Whether all streams end."""
        return self._draining

    def lasting(self, seconds: float) -> Stream:
        """Returns a stream that ends its block after `seconds` at the latest."""
        return Stream(self, monotonic() + seconds)

    def enter(self, stream: Stream) -> None:
        """Looks after a stream from now on; Unavailable at the drain."""
        if self._draining:
            raise _draining()
        self._open.add(stream)
        self._look_again()

    def leave(self, stream: Stream) -> None:
        """Forgets a stream that ends."""
        self._open.discard(stream)

    def drain(self) -> None:
        """Ends every stream and lets none begin."""
        self._draining = True
        for stream in self._open:
            stream.end()

    def _look_again(self) -> None:
        if self._timer is None and self._open:
            self._timer = asyncio.get_running_loop().call_later(self._interval_seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        for stream in self._open:
            stream.look(now, self._patience_seconds)
        self._look_again()


def _draining() -> Unavailable:
    return Unavailable(Reason.SHUTTING_DOWN, "this server is shutting down; connect again")


def _too_slow() -> Unavailable:
    return Unavailable(
        Reason.READER_TOO_SLOW,
        "an answer waited too long to be read; connect again, with the cursor that was read last",
    )
