"""The guardian service, put together: read top to bottom. Run with `python -m xacthuc.guardian`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from xacthuc import process
from xacthuc.api.guardian.v1 import admin_pb2, service_pb2
from xacthuc.api.identity.v1 import audit_admin_pb2, share_admin_pb2
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
from xacthuc.guardian.adapters.job_kinds import JobKind
from xacthuc.guardian.assembly import Assembly, connected
from xacthuc.guardian.servicer import GuardianAdminServicer, GuardianServicer, ReadNotes
from xacthuc.guardian.settings import GuardianSettings
from xacthuc.policy import Policy
from xacthuc.shares.servicer import ROLES as SHARE_ROLES
from xacthuc.shares.servicer import ShareAdminServicer
from xacthuc.sql.measured import measure
from xacthuc.telemetry import start as telemetry

READ_SCOPES: Final = frozenset({Scope.GUARDIAN, Scope.GUARDIAN_READ})
SCOPES: Final = {
    "RequestLink": {Scope.GUARDIAN},
    "ConfirmLink": {Scope.GUARDIAN},
    "ApproveLink": {Scope.GUARDIAN},
    "DeclineLink": {Scope.GUARDIAN},
    "RevokeLink": {Scope.GUARDIAN},
    "GetLink": READ_SCOPES,
    "ListLinks": READ_SCOPES,
    "WatchLinks": READ_SCOPES,
    "UpdateSupervision": {Scope.GUARDIAN},
    "GetSupervision": READ_SCOPES,
    "RecordChildAssent": {Scope.GUARDIAN},
    "ListChildAssents": READ_SCOPES,
    "RecordActivity": {Scope.GUARDIAN},
    "ListActivity": READ_SCOPES,
}
"""What a key must hold for each method."""

OFFICER: Final = frozenset({Role.OFFICER})
ROLES: Final = {
    "GuardianAdmin": {
        "ListLinkHistories": OFFICER,
        "OpenDispute": OFFICER,
        "GetDispute": OFFICER,
        "ListDisputes": OFFICER,
        "ResolveDispute": OFFICER,
    },
    "AuditAdmin": AUDIT_ROLES,
    "ShareAdmin": SHARE_ROLES,
}
"""The roles of which an operator has one to call each administrative method."""

READS: Final = {"ListLinkHistories", "GetDispute", "ListDisputes"}
"""Administrative methods that show what is on record of families."""


async def serve(settings: GuardianSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("guardian", settings, jobs=frozenset(JobKind))
    policy, signed_by = Policy.load(settings.policy_file), verifying_key(settings.identity_public_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        measure(connections.pools, reporting.metrics)
        assembly = Assembly(settings, connections, policy=policy, clock=clock, telemetry=reporting)
        keys = KeyDirectory(connections.state, signed_by, clock, reporting.metrics, development=settings.development)
        staff = SessionDirectory(connections.state, signed_by, clock, reporting.metrics)
        admin = service_of(admin_pb2, "GuardianAdmin")
        trail, share = service_of(audit_admin_pb2, "AuditAdmin"), service_of(share_admin_pb2, "ShareAdmin")
        server = (
            ServerBuilder("guardian", settings, reporting, keys=keys, staff=staff, translations=TRANSLATIONS)
            .public(service_of(service_pb2, "GuardianService"), GuardianServicer(assembly.guardian), scopes=SCOPES)
            .admin(
                admin,
                GuardianAdminServicer(assembly.guardian),
                roles=ROLES[admin.name],
                first=dict.fromkeys(READS, ReadNotes(assembly.guardian)),
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
            await assembly.guardian.shield.drain()
            for task in background:
                task.cancel()
            endings = await asyncio.gather(*background, return_exceptions=True)
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def main() -> None:
    """Reads the environment and serves."""
    process.main(GuardianSettings, serve)


if __name__ == "__main__":
    main()
