"""One live connection: the requests of an event-loop tick, of four milliseconds when it is busy, leave in one write.

Replies are matched to them in order.

A link is born connected and dies with its connection; `node.py` makes the next one. It knows the protocol's framing and
nothing of scripts, slots or retries: error replies go to whoever made it.

A call is a tuple, not an object with a constructor: at 64 calls in flight this module costs about 2 µs a call, and a class
would add a quarter to that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import hiredis

from xacthuc.valkey.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.valkey.redispy import Wire
    from xacthuc.valkey.script import Script

Reply: TypeAlias = Any
"""What RESP2 carries: bytes, int, None, or a list of these. The script or command decides which; no type can know."""

Word: TypeAlias = bytes | str | int
"""What a command is made of. A bool is none of these on the wire: write 0 or 1."""

Call: TypeAlias = "tuple[asyncio.Future[Reply], bytes, Script | None, int]"
"""The caller's future, the packed command, the script it runs if any, and how often it was sent before."""

pack = cast("Callable[[tuple[Word, ...]], bytes]", hiredis.pack_command)
"""Renders a command as it goes over the wire. hiredis declares it for tuples of one word only."""

GATHER_SECONDS = 0.004
"""How far apart writes are on a busy link. Most ticks of a gRPC server bring one call, so that each would be a write, a
wake-up and a read of its own: together they cost a fifth of a call. Four milliseconds are no news to a caller of a busy
server."""

GATHER_PER_SECOND = 750
"""What makes a link busy: a quarter of what one core serves. Below it nothing is held back."""

_JUDGE_SECONDS = 0.02

_WATCH_STEPS = 4
_INCOMPLETE = object()


def fail(call: Call, error: StoreError) -> None:
    """Raises `error` in whoever awaits `call`, unless nobody does any more."""
    if not call[0].done():
        call[0].set_exception(error)


class ErrorReply(Exception):  # noqa: N818  a value the parser makes of `-CODE text`, never raised
    """An error reply as it came off the wire."""


class Link(asyncio.Protocol):
    """One connection to one server. Not thread-safe; belongs to the loop it was made in.

    Attributes:
        sent: commands written, and `sent_bytes` and `received_bytes`: what moved. For metrics; they only grow.
        writes: how often the link wrote; `sent / writes` tells how well calls coalesce.
        lost: done when the connection is gone.

    """

    def __init__(
        self,
        wire: Wire,
        *,
        on_error: Callable[[Call, str], None],
        on_lost: Callable[[Link], None],
        timeout_seconds: float,
        max_in_flight: int,
    ) -> None:
        """Takes over a connected `wire`.

        Args:
            wire: the transport, with no reply outstanding.
            on_error: called with each call that was answered by an error, and the error. Settles the call's future.
            on_lost: called once, when the connection is gone and all pending calls have been failed.
            timeout_seconds: a call that has waited this long (or at least four fifths of it) means a stalled server:
                all pending calls fail and the connection is dropped, because replies can only come in order.
            max_in_flight: more pending calls than this are refused at once.

        """
        self._loop = asyncio.get_running_loop()
        self._wire = wire
        self._transport = wire.transport
        self._on_error = on_error
        self._on_lost = on_lost
        self._timeout_seconds = timeout_seconds
        self._max_in_flight = max_in_flight
        self._pending: deque[Call] = deque()
        self._unsent: list[bytes] = []
        self._reader = hiredis.Reader(replyError=ErrorReply, notEnoughData=_INCOMPLETE)
        self._next_reply = self._reader.gets
        self._replies = 0
        self._gathers = False
        self._wrote_at = self._judged_at = self._loop.time()
        self._judged_sent = 0
        self._marks: deque[int] = deque(maxlen=_WATCH_STEPS)
        self._lost_reason = "the connection to the store was lost"
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self.sent = self.writes = self.sent_bytes = self.received_bytes = 0
        self._transport.set_protocol(self)
        self._watch_interval_seconds = timeout_seconds / (_WATCH_STEPS + 1)
        self._watchdog = self._loop.call_later(self._watch_interval_seconds, self._watch)

    def submit(self, call: Call) -> None:
        """Queues a call for the next write. Its future gets the reply, or the exception that `on_error` gives it."""
        if len(self._pending) >= self._max_in_flight:
            fail(call, StoreUnavailable("too many calls wait for the store", sent=False, retry_after_seconds=1.0))
            return
        self._pending.append(call)
        unsent = self._unsent
        if not unsent:
            self._plan_flush()
        unsent.append(call[1])

    def drop(self, reason: str) -> None:
        """Abandons the connection; pending calls fail with StoreUnavailable(`reason`)."""
        self._lost_reason = reason
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Gives each complete reply to the call at the head of the queue. Called by the event loop."""
        self.received_bytes += len(data)
        pending, next_reply = self._pending, self._next_reply
        replies = 0
        try:
            self._reader.feed(data)
            while (reply := next_reply()) is not _INCOMPLETE:
                call = pending.popleft()
                replies += 1
                if reply.__class__ is ErrorReply:
                    self._on_error(call, str(reply))
                elif not call[0].done():  # a cancelled caller's reply is still taken, in its place
                    call[0].set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            self.drop("the store broke the protocol")
        self._replies += replies

    def connection_lost(self, _exc: Exception | None, /) -> None:
        """Fails what is pending and reports the loss. Called by the event loop, once."""
        self._watchdog.cancel()
        pending, self._pending = self._pending, deque()
        written = len(pending) - len(self._unsent)
        self._unsent = []
        for position, call in enumerate(pending):
            fail(call, StoreUnavailable(self._lost_reason, sent=position < written, retry_after_seconds=0.5))
        self._on_lost(self)
        self.lost.set_result(None)

    def _plan_flush(self) -> None:
        wait_seconds = self._wrote_at + GATHER_SECONDS - self._loop.time() if self._gathers else 0.0
        if wait_seconds > 0:
            self._loop.call_later(wait_seconds, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def _judge_rate(self, now: float) -> None:
        """Gathers from the next write on, or no longer, by how much was sent since the last judgement."""
        elapsed_seconds = now - self._judged_at
        if elapsed_seconds >= _JUDGE_SECONDS:
            self._gathers = self.sent - self._judged_sent >= GATHER_PER_SECOND * elapsed_seconds
            self._judged_at, self._judged_sent = now, self.sent

    def _flush(self) -> None:
        # Back-pressure of the socket needs no handling: `max_in_flight` bounds what the transport can hold.
        unsent = self._unsent
        if not unsent:
            return
        self._unsent = []
        data = b"".join(unsent)
        self.writes += 1
        self._wrote_at = self._loop.time()
        self._judge_rate(self._wrote_at)
        self.sent += len(unsent)
        self.sent_bytes += len(data)
        self._transport.write(data)

    def _watch(self) -> None:
        # One timer for all calls: a mark is how many commands had been queued at a tick; if their replies are not all
        # here four ticks later, the oldest call has waited for four fifths of the timeout or more. Four separate ticks,
        # so that a loop which was itself held up reads what has arrived before it judges the server.
        marks = self._marks
        if len(marks) == _WATCH_STEPS and self._replies < marks[0]:
            self.drop("the store stalled")
            return
        marks.append(self._replies + len(self._pending))
        self._watchdog = self._loop.call_later(self._watch_interval_seconds, self._watch)
