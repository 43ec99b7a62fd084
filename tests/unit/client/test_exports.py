"""What `xacthuc.client` promises to its users."""

from __future__ import annotations

import subprocess
import sys

import xacthuc.client
from xacthuc.client import clients

SURFACE = """
Account AccountEvent AccountState Action Activity ActivityKind AlreadyExists AsyncXacthuc Authority
Broadcast BroadcastCommerce BroadcastEnd BroadcastState Challenge ChallengeState Channel CheckResult
ChildAssent Clearance Commerce CommerceDeclaration CommerceKind Consent ConsentKind ConsentRecord
DeadlineExceeded Decision DecisionReason Declaration Delivery DeliveryState EndCause EventBatch EventKind
Evidence EvidenceKind FailedPrecondition FieldFault Grant Internal InvalidRequest LimitExceeded Link
LinkEvent LinkEventBatch LinkEventKind LinkState Lock NextStep NextStepKind NoMobile NotFound NumberInfo
OutOfRange PermissionDenied PersonalIdOutcome PersonalIdVerification Purpose QuietHours RecordedSessions
Refusal RejectedEntry Relation RemovalOrder Revocation RevocationBatch RevocationCause RevocationReason
Ruling ScheduleFault ScheduledBroadcast SessionEntry SessionKind SignIn StandingToken Supervision
Unauthenticated Unavailable Unimplemented Verdict VerificationPath VerificationPathKind WardGround Xacthuc
XacthucError
"""
METHODS = {
    "otp": {
        "start_challenge",
        "resend_code",
        "check_code",
        "check_network",
        "get_challenge",
        "cancel_challenge",
        "lookup_number",
        "report_unrequested",
    },
    "identity": {
        "register_account",
        "correct_account",
        "get_account",
        "list_accounts",
        "verify_phone",
        "change_number",
        "verify_personal_id",
        "start_electronic_id",
        "complete_electronic_id",
        "revoke_verification",
        "check_action",
        "check_actions",
        "issue_standing_token",
        "get_jwks",
        "lock_account",
        "unlock_account",
        "record_violation",
        "record_sessions",
        "close_account",
        "erase_account",
        "list_consents",
        "list_verification_paths",
        "get_watch_cursor",
        "watch_accounts",
    },
    "livestream": {
        "authorize_broadcast",
        "batch_authorize",
        "renew_grant",
        "declare_commercial",
        "end_broadcast",
        "get_broadcast",
        "list_broadcasts",
        "get_watch_cursor",
        "watch_revocations",
        "get_jwks",
    },
}
BASE_INSTALL = {"google", "grpc", "typing_extensions", "buf", "xacthuc"}
# What grpc imports by itself when it happens to be there.
SOUGHT_BY_GRPC = {"grpc_health", "grpc_reflection", "grpc_tools", "cython_runtime"}


def test_the_public_names_are_these() -> None:
    assert SURFACE.split() == sorted(xacthuc.client.__all__)


def test_both_clients_have_these_methods() -> None:
    with xacthuc.client.Xacthuc(key="xt_dev_x") as client:
        assert {
            name: {each for each in dir(getattr(client, name)) if not each.startswith("_")} for name in METHODS
        } == METHODS


def test_the_asyncio_client_has_the_methods_of_the_blocking_one() -> None:
    for blocking, awaited in (
        (clients.OtpClient, clients.AsyncOtpClient),
        (clients.IdentityClient, clients.AsyncIdentityClient),
        (clients.LivestreamClient, clients.AsyncLivestreamClient),
    ):
        assert set(dir(blocking)) == set(dir(awaited))


def test_the_client_imports_nothing_beyond_the_base_install() -> None:
    program = (
        "import sys; own = set(sys.modules); import xacthuc.client;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - own})"
    )
    listed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    foreign = {name for name in listed.split() if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign - SOUGHT_BY_GRPC <= BASE_INSTALL
