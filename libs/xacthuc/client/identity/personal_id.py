"""Personal IDs: given by number, or confirmed by a sign-in with electronic identification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, name_of, stamp
from xacthuc.client.results import NoMobile
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from xacthuc.client.results import Account, Commerce, PersonalIdVerification, SignIn


def verify_personal_id(
    account: Account | str, personal_id: str, *, reason: NoMobile | Commerce, request_id: str | None = None
) -> Call[PersonalIdVerification]:
    """Takes a personal ID number, in any spelling, and has whoever is configured confirm it.

    Phone first: without the holder's confirmation of having no Vietnamese mobile number, a personal ID is for selling
    live. InvalidRequest naming `personal_id`, with a sentence for the person, when it cannot be the number of somebody
    with this birth date; FailedPrecondition for a child, a closed account, and `NoMobile` where a number is verified.
    """
    request = service_pb2.VerifyPersonalIdRequest(
        name=name_of(account),
        personal_id=personal_id,
        request_id=request_id or new_request_id(),
        **_reason(reason),
    )
    return Call(
        SERVICE, "VerifyPersonalId", request, resources_pb2.PersonalIdVerification, reading.personal_id_verification
    )


def start_electronic_id(
    account: Account | str,
    *,
    redirect_uri: str,
    reason: NoMobile | Commerce,
    provider: str = "",
    request_id: str | None = None,
) -> Call[SignIn]:
    """Begins a sign-in with a provider of electronic identification; send the person to its `authorization_uri`.

    `redirect_uri` is one of those registered with the provider; `provider` may be left out where there is one.
    Unavailable with reason `PROVIDER_UNAVAILABLE` when it does not answer.
    """
    request = service_pb2.StartElectronicIdRequest(
        name=name_of(account),
        provider=provider,
        redirect_uri=redirect_uri,
        request_id=request_id or new_request_id(),
        **_reason(reason),
    )
    return Call(SERVICE, "StartElectronicId", request, service_pb2.StartElectronicIdResponse, reading.sign_in)


def complete_electronic_id(
    account: Account | str,
    *,
    state: str,
    code: str = "",
    error: str = "",
    iss: str = "",
    request_id: str | None = None,
) -> Call[PersonalIdVerification]:
    """Ends a sign-in, once, with the parameters the person came back with, as they came: `code` or `error`.

    Compare `state` with the one the person's session was given by `start_electronic_id` before.
    """
    came_back = {name: value for name, value in (("code", code), ("error", error)) if value}
    request = service_pb2.CompleteElectronicIdRequest(
        name=name_of(account), state=state, iss=iss, request_id=request_id or new_request_id(), **came_back
    )
    return Call(
        SERVICE, "CompleteElectronicId", request, resources_pb2.PersonalIdVerification, reading.personal_id_verification
    )


def _reason(reason: NoMobile | Commerce) -> dict[str, Any]:
    if not isinstance(reason, NoMobile):
        return {"commerce": service_pb2.Commerce()}
    confirmation = service_pb2.NoMobile(
        confirmed=reason.confirmed,
        text_version=reason.text_version,
        confirm_time=stamp(reason.confirm_time, "confirm_time"),
    )
    return {"no_mobile": confirmation}
