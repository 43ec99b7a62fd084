"""Approvals, as operators propose, decide and see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from google.protobuf.json_format import MessageToDict, ParseDict

from xacthuc.api.identity.v1 import approval_admin_pb2, internal_pb2
from xacthuc.identity.commands import DecideApproval, ProposeAct
from xacthuc.identity.domain.approvals import SERVICE, Act, ApprovalKind, ApprovalState, Executed, Failed, Step
from xacthuc.identity.ports.approvals import Wanted
from xacthuc.identity.wire.admin import PLATFORM_PREFIX, platform_of
from xacthuc.identity.wire.common import OPERATOR_PREFIX, instant, optional_timestamp, order, spaced, timestamp

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.approvals import Approval

_PREFIX: Final = "approvals/"
_KINDS: Final = {kind: approval_admin_pb2.Approval.Kind.Value(kind.value) for kind in ApprovalKind}
_STATES: Final = {state: approval_admin_pb2.Approval.State.Value(state.value) for state in ApprovalState}
_STATES_READ: Final = {number: state for state, number in _STATES.items()}


def propose(request: approval_admin_pb2.CreateApprovalRequest, call: Call) -> ProposeAct:
    """Reads a proposal; InvalidRequest when a time in it is none."""
    platform, chosen = platform_of(request.platform), request.act.WhichOneof("act") or ""
    if request.act.restrict_accounts.HasField("expire_time"):
        instant(request.act.restrict_accounts.expire_time, "act.restrict_accounts.expire_time")
    if request.act.HasField("transition_end"):
        instant(request.act.transition_end.as_of_time, "act.transition_end.as_of_time")
    parameters = MessageToDict(getattr(request.act, chosen), preserving_proto_field_name=True)
    return ProposeAct(
        order=order(request, call, platform),
        operator=call.operator,
        act=Act(ApprovalKind(chosen.upper()), platform, parameters),
        reason=spaced(request.reason),
    )


def adopt(request: approval_admin_pb2.AdoptApprovalRequest, call: Call) -> DecideApproval:
    """Reads that somebody stands for what the service proposed."""
    return _decide(request, call, Step.ADOPT, "")


def grant(request: approval_admin_pb2.GrantApprovalRequest, call: Call) -> DecideApproval:
    """Reads a yes."""
    return _decide(request, call, Step.GRANT, request.reason)


def refuse(request: approval_admin_pb2.RefuseApprovalRequest, call: Call) -> DecideApproval:
    """Reads a no."""
    return _decide(request, call, Step.REFUSE, request.reason)


def withdraw(request: approval_admin_pb2.WithdrawApprovalRequest, call: Call) -> DecideApproval:
    """Reads a proposal's withdrawal."""
    return _decide(request, call, Step.WITHDRAW, "")


def wanted(request: approval_admin_pb2.ListApprovalsRequest, call: Call) -> Wanted:
    """Reads which approvals to list."""
    return Wanted(named_platform(call), _STATES_READ.get(request.state))


def id_of(name: str) -> str:
    """Returns the id in `approvals/{approval}`."""
    return name[len(_PREFIX) :]


def named_platform(call: Call) -> str | None:
    """Returns the platform the caller speaks of; None for all."""
    return call.platform if call.has_platform else None


def approval(found: Approval, state: ApprovalState) -> approval_admin_pb2.Approval:
    """Renders an approval in the state it is in by now."""
    act, adoption, decision, outcome = found.act, found.adoption, found.decision, found.outcome
    return approval_admin_pb2.Approval(
        name=f"{_PREFIX}{found.id}",
        kind=_KINDS[act.kind],
        platform=f"{PLATFORM_PREFIX}{act.platform}",
        act=ParseDict({act.kind.value.lower(): act.parameters}, approval_admin_pb2.Act(), ignore_unknown_fields=True),
        reason=found.reason,
        state=_STATES[state],
        proposer=_operator(found.proposer),
        adopter="" if adoption is None else _operator(adoption.operator),
        adopt_time=None if adoption is None else timestamp(adoption.time),
        decider="" if decision is None else _operator(decision.operator),
        decision_reason="" if decision is None else decision.reason,
        create_time=timestamp(found.create_time),
        expire_time=timestamp(found.expire_time),
        due_time=optional_timestamp(found.due_time),
        decide_time=None if decision is None else timestamp(decision.time),
        end_time=optional_timestamp(found.end_time),
        result=outcome.result if isinstance(outcome, Executed) else None,
        failure=outcome.reason if isinstance(outcome, Failed) else "",
    )


def approved_export(found: Approval) -> internal_pb2.ApprovedExport:
    """Renders whose broadcasts may be exported, and who said so."""
    decision = found.decision
    return internal_pb2.ApprovedExport(
        account=f"{PLATFORM_PREFIX}{found.act.platform}/{found.act.text('account')}",
        basis=found.act.text("basis"),
        proposer=_operator(found.proposer),
        decider="" if decision is None else _operator(decision.operator),
        decide_time=None if decision is None else timestamp(decision.time),
    )


def approved_transition_end(found: Approval) -> internal_pb2.ApprovedTransitionEnd:
    """Renders of which accounts transitions may be ended, and who said so."""
    act, decision = found.act, found.decision
    return internal_pb2.ApprovedTransitionEnd(
        campaign=act.text("campaign"),
        account_count=int(act.text("account_count")),
        as_of_time=timestamp(datetime.fromisoformat(act.text("as_of_time"))),
        proposer=_operator(found.proposer),
        decider="" if decision is None else _operator(decision.operator),
    )


def _operator(operator_id: str) -> str:
    return "" if operator_id == SERVICE else f"{OPERATOR_PREFIX}{operator_id}"


def _decide(
    request: approval_admin_pb2.AdoptApprovalRequest
    | approval_admin_pb2.GrantApprovalRequest
    | approval_admin_pb2.RefuseApprovalRequest
    | approval_admin_pb2.WithdrawApprovalRequest,
    call: Call,
    step: Step,
    reason: str,
) -> DecideApproval:
    return DecideApproval(
        order=order(request, call, ""),
        operator=call.operator,
        approval_id=id_of(request.name),
        platform=named_platform(call),
        step=step,
        reason=spaced(reason),
    )
