"""A channel that goes on with renewed certificates: gRPC's own keeps those it was made with for as long as it lives.

Once the files have changed, a second channel is opened beside the first with what they hold now. Calls move over when it
is connected, so a certificate that the peer does not take costs no call; the first is closed when its last call or
stream has ended. Nothing is looked at while nobody calls.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import grpc.aio

from xacthuc.grpckit.tls import CertificateError
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.grpckit.tls import TlsFiles

_LOOK_SECONDS: Final = 0.25
"""How often the files are looked at. Three calls of stat(2) take some 10 µs."""


class _Generation:
    """One channel, and how many calls are on it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.methods: dict[Callable[..., Any], Any] = {}
        self._calls = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None

    def begin(self, call: Any) -> None:
        """Counts a call until it is over."""
        self._calls += 1
        call.add_done_callback(self._end)

    def retire(self) -> None:
        """Closes the channel once no call is on it: gRPC would cancel those, and whoever waits for them."""
        self._retired = True
        self._close_when_idle()

    def _end(self, _call: Any) -> None:
        self._calls -= 1
        if self._retired:
            self._close_when_idle()

    def _close_when_idle(self) -> None:
        if self._calls == 0 and self._closing is None:
            self._closing = asyncio.create_task(self.channel.close())


class _Method:
    """A method as stubs call it, on whichever channel is current."""

    def __init__(self, owner: RenewingChannel, path: str, make: Callable[[grpc.aio.Channel], Any]) -> None:
        self._owner = owner
        self._make = make
        self._method = path.encode("ascii")
        """The name under which grpc.aio keeps it (see `channels.py`)."""

    def __call__(self, *request: Any, **options: Any) -> Any:
        generation = self._owner.current()
        bound = generation.methods.get(self._make)
        if bound is None:
            bound = generation.methods[self._make] = self._make(generation.channel)
        call = bound(*request, **options)
        generation.begin(call)
        return call


class RenewingChannel(grpc.aio.Channel):
    """One peer, by the certificate that lies in the files now."""

    def __init__(self, target: str, files: TlsFiles, options: list[tuple[str, Any]]) -> None:
        """Opens the first channel. OSError or CertificateError when the files cannot be used."""
        self._target = target
        self._files = files
        self._options = options
        self._stamp = files.stamp()
        self._current = _Generation(self._open())
        self._next: asyncio.Task[None] | None = None
        self._look_at = time.monotonic() + _LOOK_SECONDS

    def current(self) -> _Generation:
        """Returns the channel to call on, and begins to open another when the files have changed."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._look()
        return self._current

    def _look(self) -> None:
        try:
            found = self._files.stamp()
            if found == self._stamp:
                return
            channel = self._open()
        except (OSError, CertificateError):
            return  # half-written: what is in use goes on, and they are looked at again
        if self._next is not None:
            self._next.cancel()
        self._stamp = found
        self._next = asyncio.create_task(self._move_to(_Generation(channel)))

    async def _move_to(self, generation: _Generation) -> None:
        try:
            await generation.channel.channel_ready()
        except asyncio.CancelledError:
            generation.retire()
            raise
        self._current, old = generation, self._current
        old.retire()
        get_logger().info("certificate_renewed", service=self._files.service)

    def _open(self) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(self._target, self._files.channel_credentials(), options=self._options)

    # What follows is the interface of grpc.aio.Channel. Stubs make their methods once and keep them.

    def unary_unary(self, method: str, *given: Any, **options: Any) -> Any:
        """Returns a method that calls on the current channel."""
        return _Method(self, method, lambda channel: channel.unary_unary(method, *given, **options))

    def unary_stream(self, method: str, *given: Any, **options: Any) -> Any:
        """Returns a method that calls on the current channel."""
        return _Method(self, method, lambda channel: channel.unary_stream(method, *given, **options))

    def stream_unary(self, method: str, *given: Any, **options: Any) -> Any:
        """Returns a method that calls on the current channel."""
        return _Method(self, method, lambda channel: channel.stream_unary(method, *given, **options))

    def stream_stream(self, method: str, *given: Any, **options: Any) -> Any:
        """Returns a method that calls on the current channel."""
        return _Method(self, method, lambda channel: channel.stream_stream(method, *given, **options))

    async def close(self, grace: float | None = None) -> None:
        """Closes the channel; calls under way are cancelled after `grace`."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._current.channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - grpc.aio's signature
        """Returns the state of the current channel."""
        return self._current.channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Returns when the current channel has another state."""
        await self._current.channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Returns when the current channel is connected."""
        await self._current.channel.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()
