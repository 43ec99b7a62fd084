"""Proving things of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, name_of
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from xacthuc.client.results import Account, VerificationPath


def verify_phone(account: Account | str, proof_token: str, *, request_id: str | None = None) -> Call[Account]:
    """Adds the proof that `check_code` returned for this account.

    FailedPrecondition when the proof is expired, used, or for another account or purpose, and for a child.
    """
    request = service_pb2.VerifyPhoneRequest(
        name=name_of(account), proof_token=proof_token, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "VerifyPhone", request, resources_pb2.Account, reading.account)


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
