"""Broadcasts on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reading import instant, optional_timestamp, timestamp
from xacthuc.livestream.domain.broadcast import Commerce, EndReason, State
from xacthuc.livestream.ports.broadcasts import Declared
from xacthuc.livestream.usecases.clearing import Wish
from xacthuc.policy import DeclarationKind, NextStep, Reason, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.livestream.domain.broadcaster import Verdict
    from xacthuc.livestream.ports.broadcasts import Cleared, Kept
    from xacthuc.livestream.ports.grants import SignedGrant
    from xacthuc.livestream.usecases.broadcasts import Page
    from xacthuc.policy import Policy

_ACCOUNT_PREFIX: Final = len("accounts/")
BROADCAST_PREFIX: Final = len("broadcasts/")
"""Cut off a name to get the id; the contract's pattern has checked what is cut."""

_STATES: Final = {state: resources_pb2.Broadcast.State.Value(state.value) for state in State}
_COMMERCE: Final = {each: resources_pb2.Broadcast.Commerce.Value(each.value) for each in Commerce}
_END_REASONS: Final = {each: resources_pb2.Broadcast.EndReason.Value(each.value) for each in EndReason}
_RULINGS: Final = {ruling: resources_pb2.Ruling.Value(ruling.value) for ruling in Ruling}
_KINDS: Final = {resources_pb2.Declaration.Kind.Value(kind.value): kind for kind in DeclarationKind}
_STEPS: Final = {step: identity_pb2.NextStep.Kind.Value(step.value) for step in NextStep}
_REASONS: Final = {reason: identity_pb2.Decision.Reason.Value(reason.value) for reason in Reason}


def wish(request: service_pb2.AuthorizeBroadcastRequest | service_pb2.BatchAuthorizeRequest.Entry) -> Wish:
    """Reads a broadcast that is to begin."""
    return Wish(
        account_id=request.account[_ACCOUNT_PREFIX:],
        broadcast_id=request.broadcast_id,
        selling=request.commercial,
    )


def declared(request: service_pb2.DeclareCommercialRequest) -> tuple[Declared, ...]:
    """Reads what is shown for sale."""
    return tuple(
        Declared(
            kind=_KINDS[each.kind],
            product_id=each.product_id,
            show_time=instant(each.show_time, f"declarations[{at}].show_time"),
        )
        for at, each in enumerate(request.declarations)
    )


def broadcast(kept: Kept) -> resources_pb2.Broadcast:
    """Renders a broadcast."""
    of = kept.broadcast
    return resources_pb2.Broadcast(
        name=f"broadcasts/{kept.broadcast_id}",
        account=f"accounts/{of.account_id}",
        state=_STATES[of.state],
        commerce=_COMMERCE[of.commerce],
        create_time=timestamp(of.create_time),
        authorize_time=optional_timestamp(of.authorize_time),
        close_time=optional_timestamp(of.close_time),
        revoke_time=optional_timestamp(of.revoke_time),
        end_time=optional_timestamp(of.end_time),
        end_reason=_END_REASONS[of.end_reason] if of.end_reason else resources_pb2.Broadcast.END_REASON_UNSPECIFIED,
        declaration_count=kept.declarations,
    )


def broadcasts(page: Page) -> service_pb2.ListBroadcastsResponse:
    """Renders a page."""
    return service_pb2.ListBroadcastsResponse(
        broadcasts=map(broadcast, page.broadcasts),
        next_page_token=page.following,
        watch_cursor=page.watch_cursor,
    )


def jwks(keys: Iterable[Mapping[str, str]]) -> identity_pb2.Jwks:
    """Renders public keys."""
    return identity_pb2.Jwks(keys=[identity_pb2.Jwk(**key) for key in keys])


class Renderer:
    """Renders what holds texts of the policy."""

    def __init__(self, policy: Policy) -> None:
        """Takes the policy that speaks to people."""
        self._steps = {
            step: identity_pb2.NextStep(kind=_STEPS[step], text_vi=text.vi, text_en=text.en)
            for step, text in policy.next_steps.items()
        }

    def clearance(self, cleared: Cleared, grant: SignedGrant | None) -> resources_pb2.Clearance:
        """Renders what was decided."""
        return resources_pb2.Clearance(
            broadcast=broadcast(cleared.kept),
            ruling=_RULINGS[cleared.ruling],
            decision=self._decision(cleared.verdict),
            grant=None if grant is None else _grant(grant),
        )

    def schedule(
        self, answers: Sequence[tuple[Cleared, SignedGrant | None] | XacthucError]
    ) -> service_pb2.BatchAuthorizeResponse:
        """Renders what became of each broadcast of a schedule."""
        response = service_pb2.BatchAuthorizeResponse
        return response(
            results=[
                response.Result(clearance=self.clearance(*each))
                if isinstance(each, tuple)
                else response.Result(fault=response.Fault(reason=each.reason, description=each.message))
                for each in answers
            ]
        )

    def _decision(self, verdict: Verdict) -> identity_pb2.Decision:
        return identity_pb2.Decision(
            allowed=verdict.allowed,
            reason=_REASONS[verdict.reason],
            next_step=self._steps[verdict.next_step],
            legal_basis=verdict.legal_basis,
            policy_version=verdict.policy_version,
        )


def _grant(signed: SignedGrant) -> resources_pb2.Grant:
    return resources_pb2.Grant(
        token=signed.token,
        expire_time=timestamp(signed.expire_time),
        renew_time=timestamp(signed.renew_time),
        commercial=signed.commercial,
    )
