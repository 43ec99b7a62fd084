"""What may be repeated is data beside the contracts (`*_grpc_service_config.json`), and nothing is left undecided."""

import json

from contracts import PROTOS, is_read, methods

from xacthuc.grpckit.channels import service_config

POLICIES = {
    file: json.loads(file.read_text("utf-8"))["methodConfig"]
    for file in sorted(PROTOS.rglob("*_grpc_service_config.json"))
}

NEVER_RETRIED = {
    "OtpInternal/WatchOutcomes": "resumed from the cursor of its last answer, not repeated from its first",
    "OtpService/CheckNetwork": "a person waits: a code is the second try, not the same operator again",
    "IdentityInternal/WatchAllAccounts": "resumed from the cursor of its last answer, not repeated from its first",
    "IdentityInternal/ImportAccounts": "unanswered batches are sent again, in another stream; answered ones are not",
    "OtpAdmin/ImportBlockList": "the operator is told and decides",
    "OtpAdmin/UnblockNumber": "the operator is told and decides",
    "OtpAdmin/SetKillSwitch": "the operator is told and decides",
    "OtpAdmin/ListProviders": "the operator is told and decides",
    "OtpAdmin/ListDeliveryFigures": "the operator is told and decides",
    "OtpAdmin/ExplainChoice": "the operator is told and decides",
    "OtpAdmin/SetSpendCap": "the operator is told and decides",
    "OtpAdmin/ListSpending": "the operator is told and decides",
    "OtpAdmin/ListGuardSubjects": "the operator is told and decides",
    "OtpAdmin/ExemptGuardSubject": "the operator is told and decides",
    "OtpAdmin/InspectChallenge": "the operator is told and decides",
    "GuardianAdmin/ListLinkHistories": "each answer is audited; the operator is told and decides",
    "GuardianAdmin/OpenDispute": "the operator is told and decides",
    "GuardianAdmin/GetDispute": "each answer is audited; the operator is told and decides",
    "GuardianAdmin/ListDisputes": "each answer is audited; the operator is told and decides",
    "GuardianAdmin/ResolveDispute": "the operator is told and decides",
    "LivestreamAdmin/GetBroadcastRecord": "each answer is audited; the operator is told and decides",
    "LivestreamAdmin/ExportBroadcastRecords": "once for an approval; the operator is told and decides",
    "LivestreamAdmin/ListBroadcastRecords": "each answer is audited; the operator is told and decides",
    "BackfillAdmin/CreateCampaign": "the operator is told and decides",
    "BackfillAdmin/GetCampaign": "the operator is told and decides",
    "BackfillAdmin/ListCampaigns": "the operator is told and decides",
    "BackfillAdmin/AddTargets": "sent again as it was by the import, from its checkpoint",
    "BackfillAdmin/StartCampaign": "the operator is told and decides",
    "BackfillAdmin/PauseCampaign": "the operator is told and decides",
    "BackfillAdmin/ResumeCampaign": "the operator is told and decides",
    "BackfillAdmin/KillCampaign": "the operator is told and decides",
    "BackfillAdmin/PreviewRestriction": "the operator is told and decides",
    "BackfillAdmin/RestrictCampaign": "the operator is told and decides",
    "BackfillAdmin/UndoRestriction": "the operator is told and decides",
    "LockAdmin/ListLocks": "the operator is told and decides",
    "LockAdmin/ListViolations": "the operator is told and decides",
    "LockAdmin/WithdrawViolation": "the operator is told and decides",
    "LockAdmin/PlaceLock": "the operator is told and decides",
    "LockAdmin/LiftLocks": "the operator is told and decides",
    "JobAdmin/ListHeldJobs": "the operator is told and decides",
    "JobAdmin/RetryHeldJob": "the operator is told and decides",
    "SessionAdmin/ListSessionEntries": "each answer is audited; the operator is told and decides",
    "IdentityAdmin/CreatePlatform": "the operator is told and decides",
    "IdentityAdmin/ListPlatforms": "the operator is told and decides",
    "IdentityAdmin/CreatePlatformKey": "its answer holds a secret that is shown once: a repetition could not show it",
    "IdentityAdmin/RotatePlatformKey": "its answer holds a secret that is shown once: a repetition could not show it",
    "IdentityAdmin/RevokePlatformKey": "the operator is told and decides",
    "IdentityAdmin/ListPlatformKeys": "the operator is told and decides",
    "IdentityAdmin/SearchAccounts": "the operator is told and decides",
    "DutyAdmin/OpenCase": "the operator is told and decides",
    "DutyAdmin/CloseCase": "the operator is told and decides",
    "DutyAdmin/ListCases": "the operator is told and decides",
    "ReleaseAdmin/RecordRelease": "the operator is told and decides",
    "ReleaseAdmin/GetRelease": "the operator is told and decides",
    "ReleaseAdmin/ListReleases": "the operator is told and decides",
    "ReleaseAdmin/CloseRelease": "the operator is told and decides",
    "ReleaseAdmin/FetchRelease": "each answer is audited; the operator is told and decides",
    "AuditAdmin/ListEntries": "the operator is told and decides",
    "AuditAdmin/ExportTrail": "resumed from the last seal, not repeated from its first",
    "AuditAdmin/ListCheckpoints": "the operator is told and decides",
    "AuditAdmin/ListSigningKeys": "the operator is told and decides",
    "WebhookAdmin/CreateWebhook": "its answer holds a secret that is shown once: a repetition could not show it",
    "WebhookAdmin/GetWebhook": "the operator is told and decides",
    "WebhookAdmin/ListWebhooks": "the operator is told and decides",
    "WebhookAdmin/UpdateWebhook": "the operator is told and decides",
    "WebhookAdmin/DeleteWebhook": "the operator is told and decides",
    "WebhookAdmin/RotateWebhookSecret": "its answer holds a secret that is shown once: a repetition could not show it",
    "WebhookAdmin/TestWebhook": "the operator is told and decides",
    "WebhookAdmin/ListWebhookDeliveries": "the operator is told and decides",
    "WebhookAdmin/ReplayWebhook": "the operator is told and decides",
    "ApprovalAdmin/CreateApproval": "the operator is told and decides",
    "ApprovalAdmin/GetApproval": "the operator is told and decides",
    "ApprovalAdmin/ListApprovals": "the operator is told and decides",
    "ApprovalAdmin/AdoptApproval": "the operator is told and decides",
    "ApprovalAdmin/GrantApproval": "the operator is told and decides",
    "ApprovalAdmin/RefuseApproval": "the operator is told and decides",
    "ApprovalAdmin/WithdrawApproval": "the operator is told and decides",
    "RetentionAdmin/ListRetentionFigures": "the operator is told and decides",
    "RetentionAdmin/GetErasureEvidence": "the operator is told and decides",
    "RetentionAdmin/ExportAccount": "the operator is told and decides",
    "ShareAdmin/ExportShare": "each answer is audited; the operator is told and decides",
    "DutyAdmin/OpenSubjectRequest": "the operator is told and decides",
    "DutyAdmin/AdvanceSubjectRequest": "the operator is told and decides",
    "DutyAdmin/ListSubjectRequests": "the operator is told and decides",
    "DutyAdmin/OpenBreach": "the operator is told and decides",
    "DutyAdmin/UpdateBreach": "the operator is told and decides",
    "DutyAdmin/NotifyBreach": "the operator is told and decides",
    "DutyAdmin/ListBreaches": "the operator is told and decides",
    "ReconciliationAdmin/StartReconciliation": "the operator is told and decides",
    "ReconciliationAdmin/GetReconciliation": "the operator is told and decides",
    "ReconciliationAdmin/ListReconciliations": "the operator is told and decides",
    "ReconciliationAdmin/CancelReconciliation": "the operator is told and decides",
    "ReconciliationAdmin/ResumeReconciliation": "the operator is told and decides",
    "ReconciliationAdmin/ListFindings": "the operator is told and decides",
    "ReconciliationAdmin/ImportFindings": "the operator is told, and goes on where it was by saying the same again",
    "ReconciliationAdmin/ListNumberLists": "the operator is told and decides",
    "RetentionAdmin/PlaceHold": "the operator is told and decides",
    "RetentionAdmin/ExtendHold": "the operator is told and decides",
    "RetentionAdmin/ReleaseHold": "the operator is told and decides",
    "RetentionAdmin/ListHolds": "the operator is told and decides",
    "StaffAdmin/BeginSignIn": "the operator is told and decides",
    "StaffAdmin/CompleteSignIn": "its answer holds a secret that is shown once: a repetition could not show it",
    "StaffAdmin/SignInBreakGlass": "its answer holds a secret that is shown once: a repetition could not show it",
    "StaffAdmin/SignOut": "the operator is told and decides",
    "StaffAdmin/GetMe": "the operator is told and decides",
    "StaffAdmin/CreateOperator": "the operator is told and decides",
    "StaffAdmin/UpdateOperator": "the operator is told and decides",
    "StaffAdmin/DisableOperator": "the operator is told and decides",
    "StaffAdmin/ListOperators": "the operator is told and decides",
    "StaffAdmin/ListSessions": "the operator is told and decides",
    "StaffAdmin/RevokeSession": "the operator is told and decides",
}


def short(method):
    return f"{method.containing_service.name}/{method.name}"


def covers(name, method):
    """gRFC A6: an entry names a service, and perhaps one method of it."""
    return name["service"] == method.containing_service.full_name and name.get("method", method.name) == method.name


def names():
    return [name for policy in POLICIES.values() for entry in policy for name in entry["name"]]


def retried():
    return [method for method in methods() if any(covers(name, method) for name in names())]


def test_every_method_is_either_retried_by_policy_or_listed_with_the_reason_why_not():
    decided = [*map(short, retried()), *NEVER_RETRIED]

    assert sorted(decided) == sorted(map(short, methods()))


def test_a_policy_names_only_what_exists():
    stale = [name for name in names() if not any(covers(name, method) for method in methods())]

    assert stale == []


def test_what_is_retried_is_a_read_or_carries_a_request_id():
    unsafe = [
        short(method)
        for method in retried()
        if not is_read(method) and "request_id" not in method.input_type.fields_by_name
    ]

    assert unsafe == []


def test_only_a_server_that_did_nothing_is_asked_again():
    """UNAVAILABLE. A limit would only be hit harder, and after a passed deadline there is no time left."""
    codes = {
        code
        for policy in POLICIES.values()
        for entry in policy
        for code in entry["retryPolicy"]["retryableStatusCodes"]
    }

    assert codes == {"UNAVAILABLE"}


def test_the_policy_ships_beside_the_generated_code():
    shipped = {
        file: json.loads(service_config(".".join(file.parent.relative_to(PROTOS).parts), file.name))["methodConfig"]
        for file in POLICIES
    }

    assert shipped == POLICIES
