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
    duty_admin_pb2,
    internal_pb2,
    job_admin_pb2,
    lock_admin_pb2,
    reconciliation_admin_pb2,
    release_admin_pb2,
    retention_admin_pb2,
    service_pb2,
    session_admin_pb2,
    staff_admin_pb2,
    webhook_admin_pb2,
)
from xacthuc.audit.servicer import ROLES as AUDIT_ROLES
from xacthuc.audit.servicer import AuditAdminServicer, LookNotes, ReadNotes
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import signing_key
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.identity.adapters.eid_providers import opened_providers
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.assembly import Assembly
from xacthuc.identity.connections import connected
from xacthuc.identity.outages import TRANSLATIONS
from xacthuc.identity.servicer import (
    ApprovalAdminServicer,
    DutyAdminServicer,
    IdentityAdminServicer,
    IdentityInternalServicer,
    IdentityServicer,
    JobAdminServicer,
    LockAdminServicer,
    ReconciliationAdminServicer,
    ReleaseAdminServicer,
    RetentionAdminServicer,
    SessionAdminServicer,
    StaffAdminServicer,
    WebhookAdminServicer,
)
from xacthuc.identity.settings import IdentitySettings
from xacthuc.identity.staff_assembly import opened_staff_provider
from xacthuc.identity.usecases import questions
from xacthuc.identity.wire.decision_messages import SHORTCUTS
from xacthuc.identity.wire.rendering import Renderer
from xacthuc.policy import Policy
from xacthuc.sql.measured import measure
from xacthuc.telemetry import start as telemetry

READ_SCOPES: Final = frozenset({Scope.IDENTITY, Scope.IDENTITY_READ})
SCOPES: Final = {
    "RegisterAccount": {Scope.IDENTITY},
    "CorrectAccount": {Scope.IDENTITY},
    "ListAccounts": READ_SCOPES,
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
    "ListConsents": READ_SCOPES,
    "GetAccount": READ_SCOPES,
    "CheckAction": READ_SCOPES,
    "BatchCheckActions": READ_SCOPES,
    "IssueStandingToken": READ_SCOPES,
    "GetJwks": READ_SCOPES,
    "ListVerificationPaths": READ_SCOPES,
    "RecordViolation": {Scope.IDENTITY},
    "RecordSessions": {Scope.IDENTITY},
    "WatchAccounts": READ_SCOPES,
}
"""What a key must hold for each method."""

PEERS: Final = {
    "PutGuardianship": {"guardian"},
    "RegisterGuardian": {"guardian"},
    "CheckGuardian": {"guardian"},
    "GetHolder": {"guardian", "backfill"},
    "RemindAccount": {"backfill"},
    "ImportAccounts": {"backfill", "cli"},
    "AcknowledgeErasure": {"guardian", "livestream", "backfill"},
    "ListOwedErasures": {"guardian", "livestream", "backfill"},
    "ListHeldAccounts": {"guardian", "livestream", "backfill"},
    "CheckBroadcaster": {"livestream"},
    "GetApprovedExport": {"livestream"},
    "GetApprovedTransitionEnd": {"backfill"},
    "CountTransitions": {"backfill"},
    "EndTransitions": {"backfill"},
    "RestoreTransitions": {"backfill"},
    "WatchAllAccounts": {"guardian", "livestream", "backfill", "otp", "cli"},
}
"""Which services may call each internal method."""

NOBODY_YET: Final = frozenset[Role]()
ANYBODY: Final = frozenset(Role)
ADMIN: Final = frozenset({Role.ADMIN})
OFFICER: Final = frozenset({Role.OFFICER})
OFFICER_OR_ADMIN: Final = OFFICER | ADMIN
ADMIN_OR_OPS: Final = ADMIN | {Role.OPS}
OFFICER_OR_OPS: Final = OFFICER | {Role.OPS}
ROLES: Final = {
    "IdentityAdmin": {
        "CreatePlatform": ADMIN,
        "ListPlatforms": ANYBODY,
        "CreatePlatformKey": ADMIN,
        "RotatePlatformKey": ADMIN,
        "RevokePlatformKey": ADMIN,
        "ListPlatformKeys": ANYBODY,
        "SearchAccounts": OFFICER,
    },
    # Who may propose and decide what is of `domain.approvals`, by kind.
    "ApprovalAdmin": {
        "CreateApproval": ANYBODY,
        "GetApproval": ANYBODY,
        "ListApprovals": ANYBODY,
        "AdoptApproval": ANYBODY,
        "GrantApproval": ANYBODY,
        "RefuseApproval": ANYBODY,
        "WithdrawApproval": ANYBODY,
    },
    "StaffAdmin": {
        "BeginSignIn": NOBODY_YET,
        "CompleteSignIn": NOBODY_YET,
        "SignInBreakGlass": NOBODY_YET,
        "SignOut": ANYBODY,
        "GetMe": ANYBODY,
        "CreateOperator": ADMIN,
        "UpdateOperator": ADMIN,
        "DisableOperator": ADMIN,
        "ListOperators": ANYBODY,
        "ListSessions": ADMIN,
        "RevokeSession": ADMIN,
    },
    "RetentionAdmin": {
        "ListRetentionFigures": ANYBODY,
        "PlaceHold": OFFICER,
        "ExtendHold": OFFICER,
        "ReleaseHold": OFFICER,
        "GetErasureEvidence": OFFICER,
        "ExportAccount": OFFICER,
        "ListHolds": ANYBODY,
    },
    "DutyAdmin": {
        "OpenSubjectRequest": OFFICER,
        "AdvanceSubjectRequest": OFFICER,
        "ListSubjectRequests": ANYBODY,
        "OpenBreach": OFFICER_OR_ADMIN,
        "UpdateBreach": OFFICER_OR_ADMIN,
        "NotifyBreach": OFFICER,
        "ListBreaches": ANYBODY,
        "OpenCase": OFFICER,
        "CloseCase": OFFICER,
        "ListCases": ANYBODY,
    },
    "ReconciliationAdmin": {
        "StartReconciliation": OFFICER,
        "GetReconciliation": ANYBODY,
        "ListReconciliations": ANYBODY,
        "CancelReconciliation": OFFICER_OR_ADMIN,
        "ResumeReconciliation": OFFICER,
        "ListFindings": OFFICER,
        "ImportFindings": OFFICER,
        "ListNumberLists": ANYBODY,
    },
    "ReleaseAdmin": {
        "RecordRelease": OFFICER,
        "GetRelease": OFFICER,
        "ListReleases": OFFICER,
        "CloseRelease": OFFICER,
        "FetchRelease": OFFICER,
    },
    "AuditAdmin": AUDIT_ROLES,
    "LockAdmin": {
        "ListLocks": OFFICER,
        "ListViolations": OFFICER,
        "WithdrawViolation": OFFICER,
        "PlaceLock": OFFICER,
        "LiftLocks": OFFICER,
    },
    "JobAdmin": {"ListHeldJobs": OFFICER_OR_OPS, "RetryHeldJob": OFFICER_OR_OPS},
    "SessionAdmin": {"ListSessionEntries": OFFICER},
    "WebhookAdmin": {
        "CreateWebhook": ADMIN,
        "GetWebhook": ANYBODY,
        "ListWebhooks": ANYBODY,
        "UpdateWebhook": ADMIN_OR_OPS,
        "DeleteWebhook": ADMIN,
        "RotateWebhookSecret": ADMIN,
        "TestWebhook": ADMIN_OR_OPS,
        "ListWebhookDeliveries": ANYBODY,
        "ReplayWebhook": ADMIN_OR_OPS,
    },
}
"""The roles of which an operator has one to call each administrative method, of whatever platform."""

READS: Final = {
    "ApprovalAdmin": {"GetApproval", "ListApprovals"},
    "StaffAdmin": {"ListOperators", "ListSessions"},
    "RetentionAdmin": {"ListHolds"},
    "DutyAdmin": {"ListSubjectRequests", "ListCases"},
    "ReconciliationAdmin": {"ListFindings"},
    "ReleaseAdmin": {"GetRelease", "ListReleases"},
    "LockAdmin": {"ListLocks", "ListViolations"},
}
"""Administrative methods that show what is on record of people, and write down nothing by themselves that they did."""

LOOKS: Final = {
    "IdentityAdmin": {"ListPlatforms", "ListPlatformKeys"},
    "StaffAdmin": {"GetMe"},
    "RetentionAdmin": {"ListRetentionFigures"},
    "DutyAdmin": {"ListBreaches"},
    "ReconciliationAdmin": {"GetReconciliation", "ListReconciliations", "ListNumberLists"},
    "JobAdmin": {"ListHeldJobs"},
    "WebhookAdmin": {"GetWebhook", "ListWebhooks", "ListWebhookDeliveries"},
}
"""Those that show nothing of a person: written down once a minute, since some are asked for every second."""


async def serve(settings: IdentitySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("identity", settings, jobs=frozenset(JobKind))
    policy, signing = Policy.load(settings.policy_file), signing_key(settings.signing_key)
    async with AsyncExitStack() as opening:
        opening.callback(reporting.close)
        connections = await opening.enter_async_context(connected(settings, reporting))
        measure(connections.pools, reporting.metrics)
        eid = await opening.enter_async_context(
            opened_providers(settings.eid_directory, clock, reporting.metrics, development=settings.development)
        )
        assembly = Assembly(
            settings,
            connections,
            eid.providers,
            signing,
            staff_provider=await opening.enter_async_context(opened_staff_provider(settings, clock)),
            policy=policy,
            clock=clock,
            telemetry=reporting,
        )
        identity, render = assembly.identity, Renderer(policy)
        keys = KeyDirectory(
            connections.state, signing.public_key(), clock, reporting.metrics, development=settings.development
        )
        note_read, note_look = ReadNotes(assembly.auditing), LookNotes(assembly.auditing)
        builder = ServerBuilder(
            "identity",
            settings,
            reporting,
            keys=keys,
            staff=assembly.sessions,
            translations=TRANSLATIONS,
            shortcuts=SHORTCUTS,
        )
        for contract, servicer in (
            (service_of(admin_pb2, "IdentityAdmin"), IdentityAdminServicer(identity)),
            (service_of(approval_admin_pb2, "ApprovalAdmin"), ApprovalAdminServicer(assembly.four_eyes)),
            (service_of(staff_admin_pb2, "StaffAdmin"), StaffAdminServicer(assembly.staff)),
            (service_of(retention_admin_pb2, "RetentionAdmin"), RetentionAdminServicer(identity)),
            (service_of(duty_admin_pb2, "DutyAdmin"), DutyAdminServicer(identity)),
            (service_of(reconciliation_admin_pb2, "ReconciliationAdmin"), ReconciliationAdminServicer(identity)),
            (service_of(release_admin_pb2, "ReleaseAdmin"), ReleaseAdminServicer(identity)),
            (service_of(audit_admin_pb2, "AuditAdmin"), AuditAdminServicer(assembly.auditing)),
            (service_of(lock_admin_pb2, "LockAdmin"), LockAdminServicer(identity, render)),
            (service_of(job_admin_pb2, "JobAdmin"), JobAdminServicer(identity)),
            (service_of(session_admin_pb2, "SessionAdmin"), SessionAdminServicer(identity)),
            (service_of(webhook_admin_pb2, "WebhookAdmin"), WebhookAdminServicer(assembly.webhooks.desk)),
        ):
            first = dict.fromkeys(READS.get(contract.name, ()), note_read)
            first |= dict.fromkeys(LOOKS.get(contract.name, ()), note_look)
            builder.admin(contract, servicer, roles=ROLES[contract.name], first=first)
        server = (
            builder.public(
                service_of(service_pb2, "IdentityService"), IdentityServicer(identity, render), scopes=SCOPES
            )
            .internal(
                service_of(internal_pb2, "IdentityInternal"),
                IdentityInternalServicer(identity, assembly.four_eyes, render),
                allow=PEERS,
            )
            .build()
        )
        for directory in (keys, assembly.sessions):
            await directory.start()
            opening.push_async_callback(directory.stop)
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
            await identity.standings.drain()
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
