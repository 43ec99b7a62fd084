"""Commands that speak to identity, beside an identity process: certificates name hosts, so it comes over TCP."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from identity_process import IdentityProcess


class IdentityCommand:
    """Runs the command as an operator does."""

    def __init__(self, deployment: IdentityProcess, address: str, name: str) -> None:
        self._command = ("--identity-admin", address, "--tls", str(deployment.tls), name)

    async def start(self, *arguments: str, **environment: str) -> Process:
        """Starts it with arguments, and variables beside those that are there."""
        command = (sys.executable, "-m", "xacthuc.cli.main", *self._command, *arguments)
        return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=os.environ | environment)

    async def __call__(self, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
        """Returns its status, and what it said."""
        process = await self.start(*arguments, **environment)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def identity_command(deployment: IdentityProcess, name: str) -> AsyncIterator[IdentityCommand]:
    """Gives a command, such as `reconcile`; it reaches whichever process listens on the deployment's socket."""
    path = deployment.internal.removeprefix("unix:")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_server = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, to_server[1]), _pass_on(to_server[0], writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield IdentityCommand(deployment, f"127.0.0.1:{server.sockets[0].getsockname()[1]}", name)
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
