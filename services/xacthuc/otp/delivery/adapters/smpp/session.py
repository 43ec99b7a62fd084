"""One bind: a connection to a message center over which both sides make requests, each matched with its response.

Owns the conversation, from the first unit to the last. Which bind a message takes, and when there is a new one, is
provider.py.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.adapters.smpp.pdu import (
    HEADER,
    MOST_SEQUENCE,
    RESPONSE,
    Command,
    MalformedPdu,
    Pdu,
    decode_header,
    encode,
)
from xacthuc.otp.delivery.adapters.smpp.statuses import Code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST_DELIVERIES: Final = 64
"""Receipts being recorded at the same time. A center that sends more is asked to repeat them, so that a store which is
slow to take receipts never keeps the answers to submissions waiting."""

_FAREWELL_SECONDS: Final = 1.0
"""How long the end of a connection may take, of each of its steps."""

_DELIVERIES: Final = frozenset({Command.DELIVER_SM, Command.DATA_SM})


class Unsent(Exception):  # noqa: N818 - says how far it came
    """The connection ended before anything was written."""


class Lost(Exception):  # noqa: N818 - says how far it came
    """The connection ended or stayed silent after a request was written: nobody knows what became of it."""


class BindRefused(Exception):  # noqa: N818 - says what happened
    """The center answered a bind with another status than success."""

    def __init__(self, status: int) -> None:
        """Takes the status."""
        super().__init__(f"command_status {status:#x}")
        self.status = status


class Session:
    """One connection. Takes submissions from `bind` until `bound` is false, which it then is for good."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        window: int,
        response_seconds: float,
        deliver: Callable[[Pdu], Awaitable[int]],
        fault: Callable[[str], None],
    ) -> None:
        """`deliver` records what the center delivers and returns the status to answer; `fault` counts what is odd."""
        self.window = asyncio.Semaphore(window)
        self.bound = False
        self._reader = reader
        self._writer = writer
        self._response_seconds = response_seconds
        self._deliver = deliver
        self._fault = fault
        self._loop = asyncio.get_running_loop()
        self._sequence = 0
        self._pending: dict[int, tuple[int, asyncio.Future[Pdu | None]]] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self._greeted = False
        self._ended = False
        self._doubted = False
        self._heard = self._loop.time()
        self._look = asyncio.Event()

    @property
    def pending(self) -> int:
        """Requests that wait for their response."""
        return len(self._pending)

    async def bind(self, body: bytes) -> None:
        """Binds as transceiver (SMPP 3.4 section 4.1.5). BindRefused, Lost or Unsent when that fails."""
        response = await self.request(Command.BIND_TRANSCEIVER, body)
        if response.status or response.command != Command.BIND_TRANSCEIVER_RESP:
            raise BindRefused(response.status)
        self.bound = not self._ended

    async def submit(self, body: bytes) -> Pdu:
        """Sends a `submit_sm` and returns its response. Unsent, also on a bind that is being left; or Lost."""
        if not self.bound:
            raise Unsent
        return await self.request(Command.SUBMIT_SM, body)

    async def request(self, command: int, body: bytes = b"") -> Pdu:
        """Sends a request and returns its response, which may be `generic_nack`. Unsent, or Lost."""
        if self._ended or self._writer.is_closing():
            raise Unsent
        self._sequence = sequence = self._sequence % MOST_SEQUENCE + 1
        response: asyncio.Future[Pdu | None] = self._loop.create_future()
        self._pending[sequence] = (command | RESPONSE, response)
        timer = self._loop.call_later(self._response_seconds, self._silent, response)
        try:
            self._writer.write(encode(command, sequence, body))
            answer = await response
        finally:
            timer.cancel()
            del self._pending[sequence]
        if answer is None:
            raise Lost
        return answer

    async def read(self) -> None:
        """Takes what the center sends until the connection ends, by whichever side."""
        try:
            while not self._ended:
                length, pdu = decode_header(await self._reader.readexactly(HEADER.size))
                if length:
                    pdu = replace(pdu, body=await self._reader.readexactly(length))
                self._take(pdu)
                # A center that does not read its answers is not read either.
                await self._writer.drain()
        except MalformedPdu:
            # The stream is out of step and stays so: say it, and begin anew.
            self._fault("malformed")
            self._send(Command.GENERIC_NACK, 0, Code.RINVCMDLEN)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.end()

    async def watch(self, enquire_link_seconds: float) -> None:
        """Asks whether the center is there when it was silent for so long, or left a request without an answer.

        Returns once the bind is of no use any more.
        """
        while self.bound:
            self._look.clear()
            quiet = self._loop.time() - self._heard
            if quiet < enquire_link_seconds and not self._doubted:
                # Not wait_for, which in Python 3.11 swallows a cancellation that comes with the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(enquire_link_seconds - quiet):
                        await self._look.wait()
                continue
            self._doubted = False
            try:
                await self.request(Command.ENQUIRE_LINK)
            except (Lost, Unsent):
                return

    async def leave(self) -> None:
        """Takes no more submissions, waits for the answers to those under way, and unbinds (section 4.2)."""
        self.bound = False
        waiting: set[asyncio.Future[None] | asyncio.Future[Pdu | None]] = {*self._deliveries}
        waiting.update(response for _, response in self._pending.values())
        if waiting:
            await asyncio.wait(waiting, timeout=self._response_seconds)
        with suppress(Lost, Unsent, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self.request(Command.UNBIND)

    async def close(self) -> None:
        """Ends the connection at once, whatever the center does about it."""
        self.end()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._writer.wait_closed()
        self._writer.transport.abort()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    def _take(self, pdu: Pdu) -> None:
        self._heard = self._loop.time()
        if pdu.command & RESPONSE:
            self._answered(pdu)
        elif pdu.command in _DELIVERIES:
            self._delivered(pdu)
        elif pdu.command == Command.ENQUIRE_LINK:
            self._send(Command.ENQUIRE_LINK_RESP, pdu.sequence)
        elif pdu.command == Command.UNBIND:
            self._send(Command.UNBIND_RESP, pdu.sequence)
            self.end()
        elif pdu.command != Command.ALERT_NOTIFICATION:  # which wants no response (section 4.12)
            self._fault("unknown_command")
            self._send(Command.GENERIC_NACK, pdu.sequence, Code.RINVCMDID)

    def _answered(self, pdu: Pdu) -> None:
        expected, response = self._pending.get(pdu.sequence, (0, None))
        if pdu.command == Command.GENERIC_NACK:
            self._fault("nack")
            if response is None:
                # Without a number, the center could not even read which request it was (section 4.3.1): it is out of
                # step. With one, the answer to that request was given up before.
                if not pdu.sequence:
                    self.end()
                return
        elif response is None or pdu.command != expected:
            self._fault("unknown_response")
            return
        # Noted here, since a receipt may follow on the heels of this answer.
        self._greeted |= pdu.command == Command.BIND_TRANSCEIVER_RESP and not pdu.status
        if not response.done():
            response.set_result(pdu)

    def _delivered(self, pdu: Pdu) -> None:
        if not self._greeted:
            self._respond(pdu, Code.RINVBNDSTS)
        elif len(self._deliveries) >= MOST_DELIVERIES:
            self._fault("busy")
            self._respond(pdu, Code.RX_T_APPN)
        else:
            task = self._loop.create_task(self._record(pdu))
            self._deliveries.add(task)
            task.add_done_callback(self._deliveries.discard)

    async def _record(self, pdu: Pdu) -> None:
        self._respond(pdu, await self._deliver(pdu))

    def _respond(self, pdu: Pdu, status: int) -> None:
        # message_id is unused in both responses and set to NUL (sections 4.6.2 and 4.7.2).
        self._send(pdu.command | RESPONSE, pdu.sequence, status, b"\0")

    def _send(self, command: int, sequence: int, status: int = 0, body: bytes = b"") -> None:
        if not self._writer.is_closing():
            self._writer.write(encode(command, sequence, body, status))

    def _silent(self, response: asyncio.Future[Pdu | None]) -> None:
        if not response.done():
            self._fault("no_response")
            self._doubted = True
            self._look.set()
            response.set_result(None)

    def end(self) -> None:
        """Takes nothing more; what waits for a response will not get it."""
        self._ended, self.bound = True, False
        self._writer.close()
        for _, response in self._pending.values():
            if not response.done():
                response.set_result(None)
        self._look.set()
