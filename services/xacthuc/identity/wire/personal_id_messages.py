"""Personal IDs and sign-ins, as platforms give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.identity.commands import CompleteElectronicId, Consent, Given, StartElectronicId, VerifyPersonalId
from xacthuc.identity.domain.personal_ids import Ground
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, order, timestamp

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.ports.personal_ids import BegunSignIn


def verify_personal_id(request: service_pb2.VerifyPersonalIdRequest, call: Call) -> VerifyPersonalId:
    """Reads a personal ID; InvalidRequest when the confirmation's time is not one."""
    return VerifyPersonalId(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        personal_id=request.personal_id,
        given=_given(request),
    )


def start_electronic_id(request: service_pb2.StartElectronicIdRequest, call: Call) -> StartElectronicId:
    """Reads a wish to sign in; InvalidRequest when the confirmation's time is not one."""
    return StartElectronicId(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        provider=request.provider,
        redirect_uri=request.redirect_uri,
        given=_given(request),
    )


def complete_electronic_id(request: service_pb2.CompleteElectronicIdRequest, call: Call) -> CompleteElectronicId:
    """Reads what the person came back with."""
    return CompleteElectronicId(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        state=request.state,
        code=request.code,
        error=request.error,
        iss=request.iss,
    )


def begun_sign_in(begun: BegunSignIn) -> service_pb2.StartElectronicIdResponse:
    """Renders a sign-in that was begun."""
    return service_pb2.StartElectronicIdResponse(
        authorization_uri=begun.authorization_uri, state=begun.state, expire_time=timestamp(begun.expire_time)
    )


def _given(request: service_pb2.VerifyPersonalIdRequest | service_pb2.StartElectronicIdRequest) -> Given:
    if not request.HasField("no_mobile"):
        return Given(ground=Ground.COMMERCE, confirmation=None)
    confirmed = request.no_mobile
    return Given(
        ground=Ground.NO_MOBILE,
        confirmation=Consent(
            text_version=confirmed.text_version, accept_time=instant(confirmed.confirm_time, "no_mobile.confirm_time")
        ),
    )
