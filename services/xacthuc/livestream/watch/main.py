"""A process for watchers of revocations, put together. Run with `python -m xacthuc.livestream.watch`.

It serves `WatchRevocations` as the livestream service does, from the same outbox, and answers every other method with
UNIMPLEMENTED. It writes nothing, places nothing (the relay of the livestream service does) and asks nobody.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from xacthuc import process
from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import verifying_key
from xacthuc.grpckit.outages import TRANSLATIONS
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.livestream.domain.revocations import told
from xacthuc.livestream.usecases.revocations import refused
from xacthuc.livestream.watch.rules import CursorRule
from xacthuc.livestream.watch.servicer import WatchServicer
from xacthuc.livestream.watch.settings import WatchSettings
from xacthuc.sql.migrations import dsn
from xacthuc.telemetry import start as telemetry
from xacthuc.valkey import Store
from xacthuc.watching.cursors import CursorRefusedError
from xacthuc.watching.plain_source import PlainSource
from xacthuc.watching.stream import EventStream
from xacthuc.watching.tail import Tail

NAME: Final = "livestream-watch"
SCOPES: Final = {"WatchRevocations": {Scope.LIVESTREAM, Scope.LIVESTREAM_READ}}
_SCHEMA: Final = "livestream"
_WAIT: Final = timedelta(seconds=2)
_STATEMENT: Final = timedelta(seconds=3)
_LOOK: Final = timedelta(milliseconds=80)
"""No relay of its own wakes it, and all edges have to have heard of a cut within a second of it."""


async def serve(settings: WatchSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start(NAME, settings)
    signed_by = verifying_key(settings.identity_public_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        source = await opening.enter_async_context(
            PlainSource(
                dsn(settings.database_url.get_secret_value()),
                _SCHEMA,
                application_name=f"xacthuc-{NAME}",
                pool_size=settings.database_connections,
                wait=_WAIT,
                statement_timeout=_STATEMENT,
            )
        )
        reporting.metrics.slots("database_events", source.size, lambda: source.in_use)
        state = await Store.connect(settings.state_url)
        opening.push_async_callback(state.close)
        keys = KeyDirectory(state, signed_by, clock, reporting.metrics, development=settings.development)
        tail = Tail(source, told, look=_LOOK)
        server = (
            ServerBuilder(
                NAME,
                settings,
                reporting,
                keys=keys,
                translations={**TRANSLATIONS, CursorRefusedError: refused},
                rules=CursorRule(),
            )
            .public(
                service_of(service_pb2, "LivestreamService"),
                WatchServicer(EventStream(tail)),
                scopes=SCOPES,
                only=SCOPES,
            )
            .build()
        )
        await keys.start()
        opening.push_async_callback(keys.stop)
        reading = asyncio.create_task(tail.run())
        # It ends by defect only: a process that reads no more would serve heartbeats and nothing else.
        reading.add_done_callback(lambda _ended: server.stop())
        try:
            await server.run()
        finally:
            reading.cancel()
            (ending,) = await asyncio.gather(reading, return_exceptions=True)
    if isinstance(ending, Exception):
        raise ending


def main() -> None:
    """Reads the environment and serves."""
    process.main(WatchSettings, serve)


if __name__ == "__main__":
    main()
