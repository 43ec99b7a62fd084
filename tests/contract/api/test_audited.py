"""Every administrative method writes to the audit trail but the one that nobody has signed in for: none is forgotten."""

from __future__ import annotations

import pytest
from contracts import is_read, methods

from xacthuc.audit.tags import Tag
from xacthuc.backfill import main as backfill
from xacthuc.guardian import main as guardian
from xacthuc.identity import main as identity
from xacthuc.livestream import main as livestream
from xacthuc.otp import main as otp

AUDITED = {
    "IdentityAdmin/CreatePlatform": Tag.PLATFORM_CREATED,
    "IdentityAdmin/CreatePlatformKey": Tag.KEY_CREATED,
    "IdentityAdmin/RotatePlatformKey": Tag.KEY_ROTATED,
    "IdentityAdmin/RevokePlatformKey": Tag.KEY_REVOKED,
    "IdentityAdmin/SearchAccounts": Tag.ACCOUNTS_SEARCHED,
    "ApprovalAdmin/CreateApproval": Tag.APPROVAL_PROPOSED,
    "ApprovalAdmin/GetApproval": Tag.ADMIN_READ,
    "ApprovalAdmin/ListApprovals": Tag.ADMIN_READ,
    "ApprovalAdmin/AdoptApproval": Tag.APPROVAL_ADOPTED,
    "ApprovalAdmin/GrantApproval": Tag.APPROVAL_GRANTED,
    "ApprovalAdmin/RefuseApproval": Tag.APPROVAL_REFUSED,
    "ApprovalAdmin/WithdrawApproval": Tag.APPROVAL_WITHDRAWN,
    "StaffAdmin/CompleteSignIn": Tag.STAFF_SIGNED_IN,
    "StaffAdmin/SignInBreakGlass": Tag.BREAK_GLASS_TRIED,
    "StaffAdmin/SignOut": Tag.STAFF_SESSION_REVOKED,
    "StaffAdmin/CreateOperator": Tag.OPERATOR_INVITED,
    "StaffAdmin/UpdateOperator": Tag.OPERATOR_CHANGED,
    "StaffAdmin/DisableOperator": Tag.OPERATOR_DISABLED,
    "StaffAdmin/ListOperators": Tag.ADMIN_READ,
    "StaffAdmin/ListSessions": Tag.ADMIN_READ,
    "StaffAdmin/RevokeSession": Tag.STAFF_SESSION_REVOKED,
    "RetentionAdmin/PlaceHold": Tag.HOLD_PLACED,
    "RetentionAdmin/ExtendHold": Tag.ACCOUNT_HELD,
    "RetentionAdmin/ReleaseHold": Tag.HOLD_RELEASED,
    "RetentionAdmin/ListHolds": Tag.ADMIN_READ,
    "RetentionAdmin/GetErasureEvidence": Tag.ERASURE_EVIDENCE_READ,
    "RetentionAdmin/ExportAccount": Tag.ACCOUNT_EXPORTED,
    "ShareAdmin/ExportShare": Tag.SHARE_EXPORTED,
    "DutyAdmin/OpenSubjectRequest": Tag.SUBJECT_REQUEST_OPENED,
    "DutyAdmin/AdvanceSubjectRequest": Tag.SUBJECT_REQUEST_ADVANCED,
    "DutyAdmin/ListSubjectRequests": Tag.ADMIN_READ,
    "DutyAdmin/OpenCase": Tag.CASE_OPENED,
    "DutyAdmin/CloseCase": Tag.CASE_CLOSED,
    "DutyAdmin/ListCases": Tag.ADMIN_READ,
    "DutyAdmin/OpenBreach": Tag.BREACH_RECORDED,
    "DutyAdmin/UpdateBreach": Tag.BREACH_RECORDED,
    "DutyAdmin/NotifyBreach": Tag.BREACH_RECORDED,
    "ReconciliationAdmin/StartReconciliation": Tag.RECONCILIATION_STARTED,
    "ReconciliationAdmin/CancelReconciliation": Tag.RECONCILIATION_ENDED,
    "ReconciliationAdmin/ResumeReconciliation": Tag.RECONCILIATION_RESUMED,
    "ReconciliationAdmin/ListFindings": Tag.ADMIN_READ,
    "ReconciliationAdmin/ImportFindings": Tag.NUMBER_LIST_BEGUN,
    "ReleaseAdmin/RecordRelease": Tag.RELEASE_RECORDED,
    "ReleaseAdmin/GetRelease": Tag.ADMIN_READ,
    "ReleaseAdmin/ListReleases": Tag.ADMIN_READ,
    "ReleaseAdmin/CloseRelease": Tag.RELEASE_CLOSED,
    "ReleaseAdmin/FetchRelease": Tag.RELEASE_FETCHED,
    "AuditAdmin/ListEntries": Tag.TRAIL_LISTED,
    "AuditAdmin/ExportTrail": Tag.TRAIL_EXPORTED,
    "GuardianAdmin/ListLinkHistories": Tag.GUARDIAN_READ,
    "GuardianAdmin/OpenDispute": Tag.DISPUTE_OPENED,
    "GuardianAdmin/GetDispute": Tag.GUARDIAN_READ,
    "GuardianAdmin/ListDisputes": Tag.GUARDIAN_READ,
    "GuardianAdmin/ResolveDispute": Tag.DISPUTE_RESOLVED,
    "LivestreamAdmin/GetBroadcastRecord": Tag.BROADCASTS_READ,
    "LivestreamAdmin/ListBroadcastRecords": Tag.BROADCASTS_READ,
    "LivestreamAdmin/ExportBroadcastRecords": Tag.BROADCASTS_EXPORTED,
    "BackfillAdmin/CreateCampaign": Tag.CAMPAIGN_CREATED,
    "BackfillAdmin/AddTargets": Tag.CAMPAIGN_TARGETS_ADDED,
    "BackfillAdmin/StartCampaign": Tag.CAMPAIGN_STARTED,
    "BackfillAdmin/PauseCampaign": Tag.CAMPAIGN_PAUSED,
    "BackfillAdmin/ResumeCampaign": Tag.CAMPAIGN_RESUMED,
    "BackfillAdmin/KillCampaign": Tag.CAMPAIGN_KILLED,
    "BackfillAdmin/RestrictCampaign": Tag.CAMPAIGN_RESTRICTED,
    "BackfillAdmin/UndoRestriction": Tag.RESTRICTION_UNDONE,
    "LockAdmin/ListLocks": Tag.ADMIN_READ,
    "LockAdmin/ListViolations": Tag.ADMIN_READ,
    "LockAdmin/WithdrawViolation": Tag.VIOLATION_WITHDRAWN,
    "LockAdmin/PlaceLock": Tag.ACCOUNT_LOCKED,
    "LockAdmin/LiftLocks": Tag.ACCOUNT_UNLOCKED,
    "JobAdmin/RetryHeldJob": Tag.JOB_RETRIED,
    "SessionAdmin/ListSessionEntries": Tag.SESSIONS_READ,
    "WebhookAdmin/CreateWebhook": Tag.WEBHOOK_CREATED,
    "WebhookAdmin/UpdateWebhook": Tag.WEBHOOK_UPDATED,
    "WebhookAdmin/DeleteWebhook": Tag.WEBHOOK_DELETED,
    "WebhookAdmin/RotateWebhookSecret": Tag.WEBHOOK_ROTATED,
    "WebhookAdmin/TestWebhook": Tag.WEBHOOK_TESTED,
    "WebhookAdmin/ReplayWebhook": Tag.WEBHOOK_REPLAYED,
    "OtpAdmin/ImportBlockList": Tag.OTP_ADMINISTERED,
    "OtpAdmin/UnblockNumber": Tag.OTP_ADMINISTERED,
    "OtpAdmin/SetKillSwitch": Tag.OTP_ADMINISTERED,
    "OtpAdmin/SetSpendCap": Tag.OTP_ADMINISTERED,
    "OtpAdmin/ExemptGuardSubject": Tag.OTP_ADMINISTERED,
    "OtpAdmin/ListGuardSubjects": Tag.OTP_ADMINISTERED,
    "OtpAdmin/InspectChallenge": Tag.OTP_ADMINISTERED,
}
"""By which entry one finds that it was called."""

LOOKED_AT = {
    "IdentityAdmin/ListPlatforms": Tag.ADMIN_READ,
    "IdentityAdmin/ListPlatformKeys": Tag.ADMIN_READ,
    "StaffAdmin/GetMe": Tag.ADMIN_READ,
    "RetentionAdmin/ListRetentionFigures": Tag.ADMIN_READ,
    "DutyAdmin/ListBreaches": Tag.ADMIN_READ,
    "ReconciliationAdmin/GetReconciliation": Tag.ADMIN_READ,
    "ReconciliationAdmin/ListReconciliations": Tag.ADMIN_READ,
    "ReconciliationAdmin/ListNumberLists": Tag.ADMIN_READ,
    "JobAdmin/ListHeldJobs": Tag.ADMIN_READ,
    "WebhookAdmin/GetWebhook": Tag.ADMIN_READ,
    "WebhookAdmin/ListWebhooks": Tag.ADMIN_READ,
    "WebhookAdmin/ListWebhookDeliveries": Tag.ADMIN_READ,
    "BackfillAdmin/GetCampaign": Tag.CAMPAIGNS_READ,
    "BackfillAdmin/PreviewRestriction": Tag.CAMPAIGNS_READ,
    "BackfillAdmin/ListCampaigns": Tag.CAMPAIGNS_READ,
    "OtpAdmin/ListProviders": Tag.OTP_ADMINISTERED,
    "OtpAdmin/ListDeliveryFigures": Tag.OTP_ADMINISTERED,
    "OtpAdmin/ExplainChoice": Tag.OTP_ADMINISTERED,
    "OtpAdmin/ListSpending": Tag.OTP_ADMINISTERED,
}
"""What shows nothing of a person: by which entry one finds that it was called, one a minute."""
OF_EVERY_TRAIL = {"AuditAdmin/ListCheckpoints", "AuditAdmin/ListSigningKeys"}
"""Likewise, by the servicer itself, under the name of the service whose trail it is."""

NOT_AUDITED = {"StaffAdmin/BeginSignIn": "shows where to sign in, to nobody yet: what comes of it is audited"}

ADMINISTRATIVE = {
    f"{method.containing_service.name}/{method.name}": method
    for method in methods()
    if method.containing_service.name.endswith("Admin")
}


@pytest.mark.rule("R50")
def test_every_administrative_method_is_audited_or_listed_with_the_reason_why_not():
    assert sorted([*AUDITED, *LOOKED_AT, *OF_EVERY_TRAIL, *NOT_AUDITED]) == sorted(ADMINISTRATIVE)


def test_what_changes_anything_is_audited():
    """Beginning to sign in keeps a state and a nonce for some minutes, and who signs in is not known yet."""
    changing = {name for name, method in ADMINISTRATIVE.items() if not is_read(method)}

    assert changing - AUDITED.keys() == {"StaffAdmin/BeginSignIn"}


def test_what_is_audited_as_a_read_is_what_the_services_write_down_as_one():
    listed = {f"{service}/{method}" for service, table in identity.READS.items() for method in table}
    told = {f"OtpAdmin/{method}" for method in otp.READS}

    assert {name for name, tag in AUDITED.items() if tag is Tag.ADMIN_READ} == listed
    assert {name for name, tag in AUDITED.items() if tag is Tag.GUARDIAN_READ} == {
        f"GuardianAdmin/{method}" for method in guardian.READS
    }
    assert {name for name, tag in AUDITED.items() if tag is Tag.BROADCASTS_READ} == {
        f"LivestreamAdmin/{method}" for method in livestream.READS
    }
    assert {
        name for name, method in ADMINISTRATIVE.items() if is_read(method) and AUDITED.get(name) is Tag.OTP_ADMINISTERED
    } == told


def test_what_is_looked_at_is_what_the_services_write_down_once_a_minute():
    looks = {f"{service}/{method}" for service, table in identity.LOOKS.items() for method in table}
    looks |= {f"BackfillAdmin/{method}" for method in backfill.LOOKS} | {f"OtpAdmin/{method}" for method in otp.LOOKS}

    assert looks == LOOKED_AT.keys()
    assert all(is_read(ADMINISTRATIVE[name]) for name in looks | OF_EVERY_TRAIL)


@pytest.mark.parametrize("service", ["identity", "guardian", "livestream", "backfill"])
def test_every_trail_has_a_tag_for_looks(service):
    assert Tag(f"{service}:admin:read")
