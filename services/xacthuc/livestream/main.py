"""The livestream service, put together: read top to bottom. Run with `python -m xacthuc.livestream`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from xacthuc import process
from xacthuc.api.identity.v1 import audit_admin_pb2, share_admin_pb2
from xacthuc.api.livestream.v1 import admin_pb2, service_pb2
from xacthuc.audit.servicer import ROLES as AUDIT_ROLES
from xacthuc.audit.servicer import AuditAdminServicer
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.credentials.signing import verifying_key
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.outages import TRANSLATIONS
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.livestream.adapters.job_kinds import JobKind
from xacthuc.livestream.assembly import Assembly, connected
from xacthuc.livestream.servicer import LivestreamAdminServicer, LivestreamServicer, ReadNotes
from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.livestream.usecases.revocations import refused
from xacthuc.livestream.wire.broadcast_messages import Renderer
from xacthuc.policy import Policy
from xacthuc.shares.servicer import ROLES as SHARE_ROLES
from xacthuc.shares.servicer import ShareAdminServicer
from xacthuc.sql.measured import measure
from xacthuc.telemetry import start as telemetry
from xacthuc.watching.cursors import CursorRefusedError

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

OFFICER: Final = frozenset({Role.OFFICER})
ROLES: Final = {
    "LivestreamAdmin": {
        "GetBroadcastRecord": OFFICER,
        "ListBroadcastRecords": OFFICER,
        "ExportBroadcastRecords": OFFICER,
    },
    "AuditAdmin": AUDIT_ROLES,
    "ShareAdmin": SHARE_ROLES,
}
"""The roles of which an operator has one to call each administrative method."""

REFUSALS: Final = {**TRANSLATIONS, CursorRefusedError: refused}
"""What exceptions are answered with."""

READS: Final = {"GetBroadcastRecord", "ListBroadcastRecords"}
"""Administrative methods that show what is on record."""


async def serve(settings: LivestreamSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("livestream", settings, jobs=frozenset(JobKind))
    policy, signed_by = Policy.load(settings.policy_file), verifying_key(settings.identity_public_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        measure(connections.pools, reporting.metrics)
        assembly = Assembly(settings, connections, policy=policy, clock=clock, telemetry=reporting)
        keys = KeyDirectory(connections.state, signed_by, clock, reporting.metrics, development=settings.development)
        staff = SessionDirectory(connections.state, signed_by, clock, reporting.metrics)
        livestream, admin = assembly.livestream, service_of(admin_pb2, "LivestreamAdmin")
        trail, share = service_of(audit_admin_pb2, "AuditAdmin"), service_of(share_admin_pb2, "ShareAdmin")
        server = (
            ServerBuilder("livestream", settings, reporting, keys=keys, staff=staff, translations=REFUSALS)
            .public(
                service_of(service_pb2, "LivestreamService"),
                LivestreamServicer(livestream, Renderer(policy)),
                scopes=SCOPES,
            )
            .admin(
                admin,
                LivestreamAdminServicer(livestream),
                roles=ROLES[admin.name],
                first=dict.fromkeys(READS, ReadNotes(livestream)),
            )
            .admin(trail, AuditAdminServicer(assembly.auditing), roles=ROLES[trail.name])
            .admin(share, ShareAdminServicer(assembly.shares), roles=ROLES[share.name])
            .build()
        )
        for directory in (keys, staff):
            await directory.start()
            opening.push_async_callback(directory.stop)
        background = [asyncio.create_task(work.run()) for work in assembly.works]
        for task in background:
            # They end by defect only. A process without its relay would serve and silently tell nobody: better a new one.
            task.add_done_callback(lambda _ended: server.stop())
        try:
            await server.run()
        finally:
            await livestream.shield.drain()
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
