"""Message centers nobody here wrote, as processes that a test directs; and a bare listener for what they would not say.

npm `smpp` (smsc_node.js) knows every trick; PyPI `smpp.twisted3` (smsc_twisted.py) the common ones.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xacthuc.clock import SystemClock
from xacthuc.otp.delivery.adapters.ground import Ground
from xacthuc.otp.delivery.adapters.smpp.provider import SmppProvider, opened_smpp
from xacthuc.otp.delivery.ports import Channel, Message, Receipt

HERE = Path(__file__).resolve().parent
PROGRAMS = {
    "node": ("node", str(HERE / "smsc_node.js")),
    "twisted": (sys.executable, str(HERE / "smsc_twisted.py")),
}
NUMBER = "+84912345678"
PASSWORD = "letmein"


@dataclass
class Center:
    """A running message center."""

    port: int
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def plan(self, *steps: dict[str, Any]) -> None:
        """Says what becomes of the next submissions; what is not planned is accepted and delivered."""
        await self._ask({"do": "plan", "steps": steps})

    async def do(self, what: str, **arguments: Any) -> None:
        """Makes it do something: set, drop, unbind, raw, deliver, receipt."""
        await self._ask({"do": what, **arguments})

    async def report(self) -> dict[str, Any]:
        """Returns what it saw."""
        return await self._ask({"do": "report"})

    async def submissions(self) -> list[dict[str, Any]]:
        """Returns the submissions it accepted or swallowed, in order."""
        return (await self.report())["submissions"]

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self._writer.write(json.dumps(command).encode() + b"\n")
        return json.loads(await self._reader.readuntil(b"\n"))


@asynccontextmanager
async def running(kind: str) -> AsyncIterator[Center]:
    """Runs one of PROGRAMS."""
    process = await asyncio.create_subprocess_exec(*PROGRAMS[kind], stdin=PIPE, stdout=PIPE, limit=2**26)
    assert process.stdout is not None
    try:
        ports = json.loads(await process.stdout.readline())
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["control"], limit=2**26)
        try:
            yield Center(ports["smpp"], reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bare(behave: Behaviour, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Listens and leaves every connection to `behave`, octet by octet; gives the port."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            await behave(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # canceled below alone, where asyncio.streams would log it as an error
        finally:
            serving.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        pending = list(serving)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def next_unit(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    """Returns command, sequence and body of what a provider sends next."""
    length, command, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
    return command, sequence, await reader.readexactly(length - 16)


def unit(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """Returns a unit, written here and not by the code under test."""
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


async def accept_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request with success and an id."""
    while True:
        command, sequence, _ = await next_unit(reader)
        if not command & 0x80000000:
            writer.write(unit(command | 0x80000000, sequence, b"" if command == 0x15 else b"1\0"))


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Reads and never answers."""
    while await reader.read(1024):
        pass


def file(
    directory: Path,
    port: int,
    extra: str = "",
    *,
    name: str = "center",
    host: str = "127.0.0.1",
    password: str = PASSWORD,
) -> Path:
    """Writes the file by which a worker uses a center on this machine."""
    (directory / "password").write_text(f"{password}\n")
    path = directory / f"{name}.toml"
    path.write_text(
        f"""
kind = "smpp"
name = "{name}"
channels = ["SMS"]
host = "{host}"
port = {port}
system_id = "acme"
{"" if "response_seconds" in extra else "response_seconds = 5.0"}
{extra}
[secrets]
password = "{directory / "password"}"
"""
    )
    return path


def message(text: str = "Forum: ma 123456", *, to: str = NUMBER, number: int = 0, **fields: Any) -> Message:
    """Returns a message with a code."""
    given = {"id": f"message-{number}", "code": "123456", "brand": "Forum", **fields}
    return Message(to=to, channel=Channel.SMS, text=text, **given)


@dataclass
class Tended:
    """A provider at work, and what it told its worker."""

    provider: SmppProvider
    task: asyncio.Task[None]
    receipts: list[Receipt] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    binds: int = 0
    refusals: list[Exception] = field(default_factory=list)
    """Raised, one after the other, at the receipts that come next."""
    taking: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, receipts wait."""

    def __post_init__(self) -> None:
        self.taking.set()

    async def end(self) -> None:
        """Cancels its work and waits until it is done."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


Tend = Callable[..., Awaitable[Tended]]


@asynccontextmanager
async def tending(directory: Path, valkey: Any = None) -> AsyncIterator[Tend]:
    """Gives what puts a provider to work; at the end, none may have raised anything."""
    async with AsyncExitStack() as closing:
        begun: list[Tended] = []

        async def tend(port: int, extra: str = "", *, workers: int = 1, **named: str) -> Tended:
            provider = await closing.enter_async_context(
                opened_smpp(file(directory, port, extra, **named), SystemClock())
            )
            tended = Tended(provider, asyncio.create_task(asyncio.sleep(0)))

            async def receive(_provider: str, receipt: Receipt) -> None:
                await tended.taking.wait()
                if tended.refusals:
                    raise tended.refusals.pop(0)
                tended.receipts.append(receipt)

            def bound(_provider: str, count: int) -> None:
                tended.binds = count

            ground = Ground(
                receive=receive,
                workers=lambda: workers,
                store=valkey,
                sealer=None,  # type: ignore[arg-type]  # a message center needs neither
                clock=SystemClock(),
                fault=lambda _provider, cause: tended.faults.append(cause),
                bound=bound,
            )
            tended.task = asyncio.create_task(provider.tend(ground))
            begun.append(tended)
            return tended

        yield tend
        for tended in begun:
            assert not tended.task.done() or tended.task.cancelled(), "tend ended by itself"
            await tended.end()
