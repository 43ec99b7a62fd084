"""The identity service, put together: read top to bottom. Run with `python -m xacthuc.identity`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from xacthuc import process
from xacthuc.api.identity.v1 import (
    admin_pb2,
    approval_admin_pb2,
    audit_admin_pb2,
    internal_pb2,
    retention_admin_pb2,
    service_pb2,
    webhook_admin_pb2,
)
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.records import signing_key
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.identity.adapters.eid_providers import opened_providers
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.assembly import Assembly, connected
from xacthuc.identity.outages import TRANSLATIONS
from xacthuc.identity.servicer import (
    ApprovalAdminServicer,
    AuditAdminServicer,
    IdentityAdminServicer,
    IdentityInternalServicer,
    IdentityServicer,
    RetentionAdminServicer,
    WebhookAdminServicer,
)
from xacthuc.identity.settings import IdentitySettings
from xacthuc.identity.usecases import questions
from xacthuc.identity.wire.decision_messages import SHORTCUTS
from xacthuc.identity.wire.rendering import Renderer
from xacthuc.policy import Policy
from xacthuc.telemetry import start as telemetry

READS: Final = frozenset({Scope.IDENTITY, Scope.IDENTITY_READ})
SCOPES: Final = {
    "RegisterAccount": {Scope.IDENTITY},
    "CorrectAccount": {Scope.IDENTITY},
    "ListAccounts": READS,
    "VerifyPhone": {Scope.IDENTITY},
    "ChangeNumber": {Scope.IDENTITY},
    "VerifyPersonalId": {Scope.IDENTITY},
    "StartElectronicId": {Scope.IDENTITY},
    "CompleteElectronicId": {Scope.IDENTITY},
    "RevokeVerification": {Scope.IDENTITY},
    "LockAccount": {Scope.IDENTITY},
    "UnlockAccount": {Scope.IDENTITY},
    "CloseAccount": {Scope.IDENTITY},
    "EraseAccount": {Scope.IDENTITY},
    "ListConsents": READS,
    "GetAccount": READS,
    "CheckAction": READS,
    "BatchCheckActions": READS,
    "IssueStandingToken": READS,
    "GetJwks": READS,
    "ListVerificationPaths": READS,
    "RecordViolation": {Scope.IDENTITY},
    "WatchAccounts": READS,
}
"""What a key must hold for each method."""

PEERS: Final = {
    "PutGuardianship": {"guardian"},
    "ImportAccounts": {"backfill", "cli"},
    "AcknowledgeErasure": {"guardian", "livestream", "backfill"},
    "WatchAllAccounts": {"guardian", "livestream", "backfill", "otp", "cli"},
}
"""Which services may call each internal method."""

ANYBODY: Final = frozenset(Role)
APPROVAL_ROLES: Final = {
    "CreateApproval": ANYBODY,
    "GetApproval": ANYBODY,
    "ListApprovals": ANYBODY,
    "GrantApproval": ANYBODY,
    "RefuseApproval": ANYBODY,
    "WithdrawApproval": ANYBODY,
}
"""Who may propose and decide what: `domain.approvals`, by kind."""


async def serve(settings: IdentitySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("identity", settings, jobs=frozenset(JobKind))
    policy, signing = Policy.load(settings.policy_file), signing_key(settings.signing_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        eid = await opening.enter_async_context(
            opened_providers(settings.eid_directory, clock, reporting.metrics, development=settings.development)
        )
        assembly = Assembly(
            settings, connections, eid.providers, signing, policy=policy, clock=clock, telemetry=reporting
        )
        identity = assembly.identity
        keys = KeyDirectory(
            connections.state, signing.public_key(), clock, reporting.metrics, development=settings.development
        )
        admin, approvals = service_of(admin_pb2, "IdentityAdmin"), service_of(approval_admin_pb2, "ApprovalAdmin")
        retention = service_of(retention_admin_pb2, "RetentionAdmin")
        audit = service_of(audit_admin_pb2, "AuditAdmin")
        webhooks = service_of(webhook_admin_pb2, "WebhookAdmin")
        server = (
            ServerBuilder("identity", settings, reporting, keys=keys, translations=TRANSLATIONS, shortcuts=SHORTCUTS)
            .public(
                service_of(service_pb2, "IdentityService"), IdentityServicer(identity, Renderer(policy)), scopes=SCOPES
            )
            .internal(service_of(internal_pb2, "IdentityInternal"), IdentityInternalServicer(identity), allow=PEERS)
            .internal(
                admin,
                IdentityAdminServicer(identity),
                allow={method: {"cli"} for method in admin.methods_by_name},
            )
            .internal(
                approvals,
                ApprovalAdminServicer(assembly.four_eyes),
                allow={method: {"cli"} for method in approvals.methods_by_name},
                roles=APPROVAL_ROLES,
            )
            .internal(
                retention,
                RetentionAdminServicer(identity),
                allow={method: {"cli"} for method in retention.methods_by_name},
            )
            .internal(
                audit,
                AuditAdminServicer(assembly.auditing),
                allow={method: {"cli"} for method in audit.methods_by_name},
            )
            .internal(
                webhooks,
                WebhookAdminServicer(assembly.webhooks.desk),
                allow={method: {"cli"} for method in webhooks.methods_by_name},
            )
            .build()
        )
        await keys.start()
        opening.push_async_callback(keys.stop)
        await opening.enter_async_context(
            eid.listening(settings.eid_reports_address, partial(questions.report, identity))
        )
        background = [asyncio.create_task(work.run()) for work in assembly.works]
        for task in background:
            # They end by defect only. A process without its relay would serve and silently tell nobody: better a new one.
            task.add_done_callback(lambda _ended: server.stop())
        try:
            await server.run()
        finally:
            await identity.shield.drain()
            for task in background:
                task.cancel()
            endings = await asyncio.gather(*background, return_exceptions=True)
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def main() -> None:
    """Reads the environment and serves."""
    process.main(IdentitySettings, serve)


if __name__ == "__main__":
    main()
