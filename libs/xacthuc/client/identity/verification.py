"""Proving things of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, name_of
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.client.enums import EvidenceKind, RevocationReason
    from xacthuc.client.results import Account, VerificationPath


def verify_phone(account: Account | str, proof_token: str, *, request_id: str | None = None) -> Call[Account]:
    """Adds the proof that `check_code` returned for this account. Possession wins.

    InvalidRequest when the proof was made for another account or purpose. FailedPrecondition when it is expired or used,
    for a child, and when the account stands on another number (`change_number`), the holder's own accounts fill this
    one, or it passes between strangers too often.
    """
    request = service_pb2.VerifyPhoneRequest(
        name=name_of(account), proof_token=proof_token, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "VerifyPhone", request, resources_pb2.Account, reading.account)


def change_number(account: Account | str, proof_token: str, *, request_id: str | None = None) -> Call[Account]:
    """Puts a number in the place of the one an account stands on; the old one is told by a message.

    The proof is of the new number, with purpose NUMBER_CHANGE. Refused as `verify_phone` is, and when the account stands
    on no number.
    """
    request = service_pb2.ChangeNumberRequest(
        name=name_of(account), proof_token=proof_token, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "ChangeNumber", request, resources_pb2.Account, reading.account)


def revoke_verification(
    account: Account | str, kinds: Iterable[EvidenceKind], *, reason: RevocationReason, request_id: str | None = None
) -> Call[Account]:
    """Takes back what was proven of an account, such as its number after its loss was reported.

    `kinds` are of PHONE, PERSONAL_ID_DECLARED and PERSONAL_ID; what is not proven is left out.
    """
    request = service_pb2.RevokeVerificationRequest(
        name=name_of(account),
        kinds=[resources_pb2.Evidence.Kind.ValueType(kind) for kind in kinds],
        reason=service_pb2.RevokeVerificationRequest.Reason.ValueType(reason),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RevokeVerification", request, resources_pb2.Account, reading.account)


def list_verification_paths() -> Call[tuple[VerificationPath, ...]]:
    """Returns every way to a lawful account, for whom each is open and what to do, for a sign-up page."""
    request = service_pb2.ListVerificationPathsRequest()
    return Call(
        SERVICE,
        "ListVerificationPaths",
        request,
        service_pb2.ListVerificationPathsResponse,
        reading.verification_paths,
    )
