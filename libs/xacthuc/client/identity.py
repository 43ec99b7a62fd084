"""The calls of IdentityService: who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf import timestamp_pb2
from google.type import date_pb2

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.results import Account
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from datetime import date

    from xacthuc.client.enums import Action
    from xacthuc.client.results import Consent, Decision

SERVICE: Final = "xacthuc.api.identity.v1.IdentityService"


def register_account(
    account_id: str, *, full_name: str, birth_date: date, consent: Consent, request_id: str | None = None
) -> Call[Account]:
    """Registers an account with its holder's name and birth date, and nothing more.

    `account_id` is the platform's own opaque id. A holder under 16 is kept pending: `next_step` leads to a parent or
    guardian. AlreadyExists when the id is registered with other data.
    """
    accept_time = timestamp_pb2.Timestamp()
    accept_time.FromDatetime(consent.accept_time)
    request = service_pb2.RegisterAccountRequest(
        account_id=account_id,
        full_name=full_name,
        birth_date=date_pb2.Date(year=birth_date.year, month=birth_date.month, day=birth_date.day),
        consent=service_pb2.Consent(
            text_version=consent.text_version, accept_time=accept_time, affirmed=consent.affirmed
        ),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RegisterAccount", request, resources_pb2.Account, reading.account)


def verify_phone(account: Account | str, proof_token: str, *, request_id: str | None = None) -> Call[Account]:
    """Adds the proof that `check_code` returned for this account.

    FailedPrecondition when the proof is expired, used, or for another account or purpose, and for a child.
    """
    request = service_pb2.VerifyPhoneRequest(
        name=_name(account), proof_token=proof_token, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "VerifyPhone", request, resources_pb2.Account, reading.account)


def get_account(account: Account | str) -> Call[Account]:
    """Returns an account. NotFound when it was never registered."""
    request = service_pb2.GetAccountRequest(name=_name(account))
    return Call(SERVICE, "GetAccount", request, resources_pb2.Account, reading.account)


def check_action(account: Account | str, action: Action) -> Call[Decision]:
    """Decides whether an account may do something now. An account nobody registered is unverified, not an error."""
    request = service_pb2.CheckActionRequest(name=_name(account), action=resources_pb2.Action.ValueType(action))
    return Call(SERVICE, "CheckAction", request, resources_pb2.Decision, reading.decision)


def _name(account: Account | str) -> str:
    """Returns `accounts/{account}`; an id has no slash, so a bare one is told from a name."""
    if isinstance(account, Account):
        return account.name
    return account if "/" in account else f"accounts/{account}"
