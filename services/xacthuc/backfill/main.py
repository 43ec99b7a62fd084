"""The backfill service, put together: read top to bottom. Run with `python -m xacthuc.backfill`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from xacthuc import process
from xacthuc.api.backfill.v1 import admin_pb2
from xacthuc.api.identity.v1 import audit_admin_pb2, share_admin_pb2
from xacthuc.audit.servicer import ROLES as AUDIT_ROLES
from xacthuc.audit.servicer import AuditAdminServicer, LookNotes
from xacthuc.backfill.adapters.job_kinds import JobKind
from xacthuc.backfill.assembly import Assembly, connected
from xacthuc.backfill.servicer import BackfillAdminServicer
from xacthuc.backfill.settings import BackfillSettings
from xacthuc.clock import SystemClock
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.credentials.signing import verifying_key
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.outages import TRANSLATIONS
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.policy import Policy
from xacthuc.shares.servicer import ROLES as SHARE_ROLES
from xacthuc.shares.servicer import ShareAdminServicer
from xacthuc.sql.measured import measure
from xacthuc.telemetry import start as telemetry

OFFICER: Final = frozenset({Role.OFFICER})
OFFICER_OR_OPS: Final = frozenset({Role.OFFICER, Role.OPS})
ROLES: Final = {
    "BackfillAdmin": {
        "CreateCampaign": OFFICER,
        "GetCampaign": frozenset(Role),
        "ListCampaigns": frozenset(Role),
        "AddTargets": OFFICER,
        "StartCampaign": OFFICER,
        # Whoever sees first that something goes wrong stops it; that it goes on is for who answers for it.
        "PauseCampaign": OFFICER_OR_OPS,
        "ResumeCampaign": OFFICER,
        "KillCampaign": OFFICER_OR_OPS,
        "PreviewRestriction": frozenset(Role),
        # Two people agreed to it already. Undoing takes nothing from anybody, and one is enough.
        "RestrictCampaign": OFFICER,
        "UndoRestriction": OFFICER,
    },
    "AuditAdmin": AUDIT_ROLES,
    "ShareAdmin": SHARE_ROLES,
}
"""The roles of which an operator has one to call each administrative method."""

LOOKS: Final = {"GetCampaign", "ListCampaigns", "PreviewRestriction"}
"""Administrative methods that show counts, and nothing of a person: written down once a minute."""


async def serve(settings: BackfillSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("backfill", settings, jobs=frozenset(JobKind))
    policy, signed_by = Policy.load(settings.policy_file), verifying_key(settings.identity_public_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        measure(connections.pools, reporting.metrics)
        assembly = Assembly(settings, connections, policy=policy, clock=clock, telemetry=reporting)
        staff = SessionDirectory(connections.state, signed_by, clock, reporting.metrics)
        backfill, admin = assembly.backfill, service_of(admin_pb2, "BackfillAdmin")
        trail, share = service_of(audit_admin_pb2, "AuditAdmin"), service_of(share_admin_pb2, "ShareAdmin")
        server = (
            ServerBuilder("backfill", settings, reporting, staff=staff, translations=TRANSLATIONS)
            .admin(
                admin,
                BackfillAdminServicer(backfill),
                roles=ROLES[admin.name],
                first=dict.fromkeys(LOOKS, LookNotes(assembly.auditing)),
            )
            .admin(trail, AuditAdminServicer(assembly.auditing), roles=ROLES[trail.name])
            .admin(share, ShareAdminServicer(assembly.shares), roles=ROLES[share.name])
            .build()
        )
        await staff.start()
        opening.push_async_callback(staff.stop)
        background = [asyncio.create_task(work.run()) for work in assembly.works]
        for task in background:
            # They end by defect only. A process that asks nobody would look like a campaign that runs: better a new one.
            task.add_done_callback(lambda _ended: server.stop())
        try:
            await server.run()
        finally:
            await backfill.shield.drain()
            for task in background:
                task.cancel()
            endings = await asyncio.gather(*background, return_exceptions=True)
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def main() -> None:
    """Reads the environment and serves."""
    process.main(BackfillSettings, serve)


if __name__ == "__main__":
    main()
