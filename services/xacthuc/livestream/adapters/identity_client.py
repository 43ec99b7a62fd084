"""The identity service, over its internal port."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reading import optional_timestamp
from xacthuc.livestream.domain.broadcaster import Broadcaster, Verdict
from xacthuc.livestream.ports.exports import ApprovedExport
from xacthuc.policy import NextStep, Reason

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.channels import ServiceChannel

_WITHIN: Final = timedelta(seconds=2)
"""For work without a caller."""


class IdentityClient:
    """The ports `Broadcasters` and `Approvals`."""

    def __init__(self, identity: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._identity = identity
        stub = internal_pb2_grpc.IdentityInternalStub(identity.channel)
        self._check, self._acknowledge = stub.CheckBroadcaster, stub.AcknowledgeErasure
        self._approved = stub.GetApprovedExport

    async def ask(self, account_id: str, call: Call) -> Broadcaster:
        """Asks within what is left of the call's time."""
        return _broadcaster(await self._identity.ask(self._check, _request(account_id), call=call))

    async def look(self, platform: str, account_id: str) -> Broadcaster:
        """Asks within two seconds."""
        told = await self._identity.tell(self._check, _request(account_id), within=_WITHIN, platform=platform)
        return _broadcaster(told)

    async def approved_export(self, approval_id: str, call: Call) -> ApprovedExport:
        """Asks within what is left of the call's time."""
        request = internal_pb2.GetApprovedExportRequest(name=f"approvals/{approval_id}")
        told = await self._identity.ask(self._approved, request, call=call)
        _, platform, _, account_id = told.account.split("/")
        return ApprovedExport(
            platform=platform,
            account_id=account_id,
            basis=told.basis,
            proposer=told.proposer,
            decider=told.decider,
            decide_time=told.decide_time.ToDatetime(UTC),
        )

    async def acknowledge_erasure(
        self, platform: str, account_id: str, keep_until: datetime | None, request_id: str
    ) -> bool:
        """Says that what is not kept by law until then is erased here; False when nobody asked for it."""
        request = internal_pb2.AcknowledgeErasureRequest(
            name=f"accounts/{account_id}", keep_until_time=optional_timestamp(keep_until), request_id=request_id
        )
        try:
            await self._identity.tell(self._acknowledge, request, within=_WITHIN, platform=platform)
        except (FailedPrecondition, NotFound):
            return False
        return True


def _request(account_id: str) -> internal_pb2.CheckBroadcasterRequest:
    return internal_pb2.CheckBroadcasterRequest(name=f"accounts/{account_id}")


def _broadcaster(told: internal_pb2.Broadcaster) -> Broadcaster:
    proven = told.HasField("personal_id")
    return Broadcaster(
        ordinary=_verdict(told.livestream),
        commercial=_verdict(told.commerce),
        is_child=told.is_child,
        personal_id_time=told.personal_id.verify_time.ToDatetime(UTC) if proven else None,
        personal_id_source=told.personal_id.source if proven else "",
        change_time=told.change_time.ToDatetime(UTC) if told.HasField("change_time") else None,
    )


def _verdict(told: resources_pb2.Decision) -> Verdict:
    """Reads a decision. A newer identity may have words that this service does not know: it decided all the same."""
    reasons, steps = resources_pb2.Decision.Reason, resources_pb2.NextStep.Kind
    reason = reasons.DESCRIPTOR.values_by_number.get(told.reason)
    step = steps.DESCRIPTOR.values_by_number.get(told.next_step.kind)
    fallback = Reason.VERIFIED if told.allowed else Reason.UNREADABLE
    return Verdict(
        allowed=told.allowed,
        reason=Reason(reason.name) if reason is not None and reason.number else fallback,
        next_step=NextStep(step.name) if step is not None and step.number else NextStep.CONTACT_PLATFORM,
        legal_basis=told.legal_basis,
        policy_version=told.policy_version,
    )
