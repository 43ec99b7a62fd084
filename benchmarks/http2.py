"""The least of a gRPC client over HTTP/2: one method, requests that are bytes already, answers that stay bytes.

A call costs this process a tenth of what grpc.aio's client takes. Where calls come at a fixed rate, the driver shares
the machine with what it measures, and what it takes shows up as the server's latency. Frames are those of RFC 9113,
header blocks those of RFC 7541, messages those of gRPC over HTTP/2. No TLS, no compression, no retries.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_HEADER: Final = struct.Struct(">BHBBI")
_WINDOW: Final = 65_535
"""What each side may send before it hears more, until it is told otherwise."""
_WIDEST: Final = 2**31 - 1
_MESSAGE_PREFIX: Final = 5
_FIRST_DYNAMIC: Final = 62


class CallError(Exception):
    """A call ended without an answer, or the connection did."""


class Connection(asyncio.Protocol):
    """One connection, which calls one method."""

    def __init__(
        self, authority: str, method: str, metadata: Sequence[tuple[str, str]], answered: Callable[[int, bytes], None]
    ) -> None:
        """`answered` is told of each answer, under the number of its call."""
        headers = [
            (":path", method),
            (":authority", authority),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        # The first call tells the headers, all others point at what the server remembers of it.
        told = [*headers, *metadata]
        self._block = b"\x83\x86" + b"".join(_remembered(name, value) for name, value in told)
        self._again = b"\x83\x86" + bytes(0x80 | _FIRST_DYNAMIC + place for place in reversed(range(len(told))))
        self._answered = answered
        self._numbers: dict[int, int] = {}
        self._answers: dict[int, bytes] = {}
        self._next_stream = 1
        self._window = _WINDOW
        self._held: list[bytes] = []
        self._buffer = b""
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Raises CallError when a call fails."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Opens the connection; called by the event loop."""
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        widen = _frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", _WIDEST - _WINDOW))
        transport.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0, b"") + widen)

    def call(self, number: int, request: bytes) -> None:
        """Sends one call."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._numbers[stream] = number
        message = struct.pack(">BI", 0, len(request)) + request
        head = _frame(_HEADERS, _END_HEADERS, stream, self._block)
        self._block = self._again
        self._held.append(head + _frame(_DATA, _END_STREAM, stream, message))
        self._send(len(message))

    def data_received(self, data: bytes) -> None:
        """Takes the frames that are complete; called by the event loop."""
        buffer, at = self._buffer + data, 0
        while len(buffer) - at >= _HEADER.size:
            high, low, kind, flags, stream = _HEADER.unpack_from(buffer, at)
            end = at + _HEADER.size + (high << 16 | low)
            if end > len(buffer):
                break
            self._take(kind, flags, stream, buffer[at + _HEADER.size : end])
            at = end
        self._buffer = buffer[at:]

    def connection_lost(self, _error: Exception | None) -> None:
        """Fails what is under way; called by the event loop."""
        if self._numbers:
            self._fail("the connection was lost")

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def _send(self, size: int) -> None:
        self._window -= size
        if self._window >= 0:
            self._transport.write(b"".join(self._held))
            self._held.clear()

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _DATA:
            self._answers[stream] = self._answers.get(stream, b"") + payload
        elif kind == _WINDOW_UPDATE and stream == 0:
            self._send(-int.from_bytes(payload))
        elif kind == _SETTINGS and not flags & _ACK:
            self._transport.write(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            self._transport.write(_frame(_PING, _ACK, 0, payload))
        elif kind in {_RESET, _GO_AWAY}:
            self._fail(f"the server ended it with a frame of kind {kind}")
        if kind in {_DATA, _HEADERS} and flags & _END_STREAM:
            number, answer = self._numbers.pop(stream), self._answers.pop(stream, b"")
            if answer:
                self._answered(number, answer[_MESSAGE_PREFIX:])
            else:  # a status alone, and none that a benchmark asks for
                self._fail(f"a call was refused: {payload!r}")

    def _fail(self, why: str) -> None:
        if not self.failed.done():
            self.failed.set_exception(CallError(why))


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return _HEADER.pack(len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream) + payload


def _remembered(name: str, value: str) -> bytes:
    """Returns a header as a literal that the server remembers (RFC 7541, section 6.2.1)."""
    return b"\x40" + b"".join(bytes((len(text),)) + text.encode() for text in (name, value))
