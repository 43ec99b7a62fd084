"""What the other services ask and are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.otp.commands import RedeemProof, SendNotice
from xacthuc.otp.wire import fraud
from xacthuc.otp.wire.common import request_id, timestamp

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.otp.ports import OutcomeBatch, Queued, Redeemed


def redeem_proof(request: internal_pb2.RedeemProofRequest, call: Call) -> RedeemProof:
    """Reads a RedeemProofRequest."""
    return RedeemProof(
        platform=call.platform,
        proof_token=request.proof_token,
        subject=request.subject,
        purposes=frozenset(request.purposes),
        request_id=request_id(request),
    )


def proof(proof_id: str, redeemed: Redeemed) -> internal_pb2.Proof:
    """Renders what a proof says, number in clear: the internal port is mutual TLS."""
    return internal_pb2.Proof(
        proof_id=proof_id,
        phone_number=redeemed.number,
        purpose=redeemed.purpose,  # type: ignore[arg-type]  # an open enum on the wire
        subject=redeemed.subject,
        verify_time=timestamp(redeemed.verified_ms),
        channel=redeemed.channel,  # type: ignore[arg-type]  # an open enum on the wire
        device=redeemed.device,
    )


def device(digest: str) -> internal_pb2.DeviceDigest:
    """Renders what stands for a device."""
    return internal_pb2.DeviceDigest(device=digest)


def send_notice(request: internal_pb2.SendNoticeRequest, call: Call) -> SendNotice:
    """Reads a SendNoticeRequest."""
    return SendNotice(
        platform=call.platform,
        phone_number=request.phone_number,
        template=request.template,
        locale=request.locale or "vi",
        request_id=request_id(request),
    )


def notice(queued: Queued) -> internal_pb2.Notice:
    """Renders a notice that was queued."""
    return internal_pb2.Notice(name=f"notices/{queued.notice}", queue_time=timestamp(queued.at_ms))


def kinds(request: internal_pb2.WatchOutcomesRequest) -> frozenset[str]:
    """Reads what somebody who watches wants to be told of."""
    return frozenset(map(internal_pb2.Outcome.Kind.Name, request.kinds))


def outcomes(batch: OutcomeBatch, *, numbers: bool) -> internal_pb2.WatchOutcomesResponse:
    """Renders a batch of outcomes, with or without the numbers in them."""
    return internal_pb2.WatchOutcomesResponse(
        outcomes=[
            internal_pb2.Outcome(
                kind=internal_pb2.Outcome.Kind.Value(entry.kind),
                platform=entry.platform,
                challenge=f"challenges/{entry.challenge}" if entry.challenge else "",
                subject=entry.subject,
                purpose=entry.purpose,  # type: ignore[arg-type]  # an open enum on the wire
                occur_time=timestamp(entry.at_ms),
                provider=entry.provider,
                detail=entry.detail,
                channel=entry.channel,  # type: ignore[arg-type]  # an open enum on the wire
                operator=entry.operator,
                prefix=entry.prefix,
                cost_vnd=entry.cost_vnd,
                guard=fraud.recorded(entry.guard),
                phone_number=entry.number if numbers else "",
                actor=entry.actor,
            )
            for entry in batch.entries
        ],
        cursor=batch.cursor,
        traceparents=dict.fromkeys(entry.trace for entry in batch.entries if entry.trace),
    )
