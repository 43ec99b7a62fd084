"""What accounts may do: asked one by one, in batches, or signed for whoever verifies without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.client.enums import Action
    from xacthuc.client.results import Account, Decision, StandingToken

JwkSet: TypeAlias = "dict[str, list[dict[str, str]]]"


def check_action(account: Account | str, action: Action) -> Call[Decision]:
    """Decides whether an account may do something now. An account nobody registered is unverified, not an error."""
    return Call(SERVICE, "CheckAction", _question(account, action), resources_pb2.Decision, reading.decision)


def check_actions(checks: Iterable[tuple[Account | str, Action]]) -> Call[tuple[Decision, ...]]:
    """Decides about 1 to 500 accounts and actions at once; returns a decision for each, in the same order."""
    request = service_pb2.BatchCheckActionsRequest(checks=[_question(account, action) for account, action in checks])
    return Call(SERVICE, "BatchCheckActions", request, service_pb2.BatchCheckActionsResponse, reading.decisions)


def issue_standing_token(account: Account | str) -> Call[StandingToken]:
    """Returns what an account may do for up to a minute, signed, for `xacthuc.client.standing` to verify."""
    request = service_pb2.IssueStandingTokenRequest(name=name_of(account))
    return Call(SERVICE, "IssueStandingToken", request, resources_pb2.StandingToken, reading.standing_token)


def get_jwks() -> Call[JwkSet]:
    """Returns the keys of standing tokens as a JWK Set (RFC 7517): `StandingVerifier(xacthuc.identity.get_jwks, ...)`."""
    return Call(SERVICE, "GetJwks", service_pb2.GetJwksRequest(), resources_pb2.Jwks, reading.jwks)


def _question(account: Account | str, action: Action) -> service_pb2.CheckActionRequest:
    return service_pb2.CheckActionRequest(name=name_of(account), action=resources_pb2.Action.ValueType(action))
