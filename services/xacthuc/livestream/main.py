"""The livestream service, put together: read top to bottom. Run with `python -m xacthuc.livestream`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from xacthuc import process
from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import verifying_key
from xacthuc.grpckit.outages import TRANSLATIONS
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.livestream.assembly import Assembly, connected
from xacthuc.livestream.servicer import LivestreamServicer
from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.livestream.wire.broadcast_messages import Renderer
from xacthuc.policy import Policy
from xacthuc.telemetry import start as telemetry

READ_SCOPES: Final = frozenset({Scope.LIVESTREAM, Scope.LIVESTREAM_READ})
SCOPES: Final = {
    "AuthorizeBroadcast": {Scope.LIVESTREAM},
    "BatchAuthorize": {Scope.LIVESTREAM},
    "RenewGrant": {Scope.LIVESTREAM},
    "DeclareCommercial": {Scope.LIVESTREAM},
    "EndBroadcast": {Scope.LIVESTREAM},
    "GetBroadcast": READ_SCOPES,
    "ListBroadcasts": READ_SCOPES,
    "WatchRevocations": READ_SCOPES,
    "GetJwks": READ_SCOPES,
}
"""What a key must hold for each method. A media edge that only cuts needs no more than to read."""


async def serve(settings: LivestreamSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("livestream", settings)
    policy, signed_by = Policy.load(settings.policy_file), verifying_key(settings.identity_public_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        assembly = Assembly(settings, connections, policy=policy, clock=clock, telemetry=reporting)
        keys = KeyDirectory(connections.state, signed_by, clock, reporting.metrics, development=settings.development)
        servicer = LivestreamServicer(assembly.livestream, Renderer(policy))
        server = (
            ServerBuilder("livestream", settings, reporting, keys=keys, translations=TRANSLATIONS)
            .public(service_of(service_pb2, "LivestreamService"), servicer, scopes=SCOPES)
            .build()
        )
        await keys.start()
        opening.push_async_callback(keys.stop)
        background = [asyncio.create_task(work.run()) for work in assembly.works]
        for task in background:
            # They end by defect only. A process without its relay would serve and silently tell nobody: better a new one.
            task.add_done_callback(lambda _ended: server.stop())
        try:
            await server.run()
        finally:
            await assembly.livestream.shield.drain()
            for task in background:
                task.cancel()
            endings = await asyncio.gather(*background, return_exceptions=True)
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def main() -> None:
    """Reads the environment and serves."""
    process.main(LivestreamSettings, serve)


if __name__ == "__main__":
    main()
