"""The one-time-code service, over its internal port."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.identity.adapters.inactive_numbers import OutOfUse
from xacthuc.identity.adapters.otp_acts import TAGS, Act, act_of
from xacthuc.identity.ports.numbers import Proof
from xacthuc.policy import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.channels import ServiceChannel

_Challenge = resources_pb2.Challenge


_ACCOUNT: Final = "accounts/"
_WATCHED: Final = (internal_pb2.Outcome.FAILED, *TAGS)
"""Numbers out of use are told as failures; the others are for the record."""
_NOTICE_TIME: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Told:
    """What there was to hear, and the cursor behind it."""

    out_of_use: list[OutOfUse]
    acts: list[Act]
    cursor: bytes
    traces: Collection[str] = ()
    """What is recorded of what led to it, as `traceparent`."""


class OtpClient:
    """The port `Proofs`, notices, and what becomes of messages."""

    def __init__(self, otp: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._otp = otp
        stub = internal_pb2_grpc.OtpInternalStub(otp.channel)
        self._redeem = stub.RedeemProof
        self._notice = stub.SendNotice
        self._watch = stub.WatchOutcomes

    async def redeem(
        self, token: str, subject: str, purposes: Collection[Purpose], request_id: str, call: Call
    ) -> Proof:
        """Asks within what is left of the call's time."""
        request = internal_pb2.RedeemProofRequest(
            proof_token=token,
            subject=subject,
            purposes=[_Challenge.Purpose.Value(purpose.value) for purpose in purposes],
            request_id=request_id,
        )
        proof = await self._otp.ask(self._redeem, request, call=call)
        return Proof(
            proof_id=proof.proof_id,
            number=proof.phone_number,
            purpose=_purpose(proof.purpose),
            subject=proof.subject,
            verify_time=proof.verify_time.ToDatetime(UTC),
            source=f"otp/{_channel(proof.channel)}",
            device=proof.device,
        )

    async def send_notice(self, platform: str, number: str, template: str, request_id: str) -> None:
        """Has a number (E.164) told something, behind everything that a person waits for. Raises what the service says."""
        request = internal_pb2.SendNoticeRequest(
            phone_number=number, template=template, lane=internal_pb2.SendNoticeRequest.BULK, request_id=request_id
        )
        await self._otp.tell(self._notice, request, within=_NOTICE_TIME, platform=platform)

    async def watch(self, cursor: bytes) -> AsyncGenerator[Told, None]:
        """Yields what was told since `cursor`, or since the oldest kept when it is empty. OutOfRange when that is gone."""
        request = internal_pb2.WatchOutcomesRequest(cursor=cursor, kinds=_WATCHED)
        async with aclosing(self._otp.watch(self._watch, request)) as stream:
            async for response in stream:
                reports = [_report(outcome) for outcome in response.outcomes if _is_report(outcome)]
                acts = [act_of(outcome) for outcome in response.outcomes if outcome.kind in TAGS]
                yield Told(reports, acts, response.cursor, response.traceparents)


def _is_report(outcome: internal_pb2.Outcome) -> bool:
    return bool(outcome.phone_number) and outcome.subject.startswith(_ACCOUNT)


def _report(outcome: internal_pb2.Outcome) -> OutOfUse:
    return OutOfUse(
        platform=outcome.platform,
        account_id=outcome.subject.removeprefix(_ACCOUNT),
        number=outcome.phone_number,
        occur_time=outcome.occur_time.ToDatetime(UTC),
    )


def _purpose(number: int) -> Purpose | None:
    """An open enum on the wire: a newer service may send a value this one does not know."""
    value = _Challenge.Purpose.DESCRIPTOR.values_by_number.get(number)
    return Purpose(value.name) if value is not None and value.name in Purpose.__members__ else None


def _channel(number: int) -> str:
    value = _Challenge.Channel.DESCRIPTOR.values_by_number.get(number)
    return "unknown" if value is None else value.name.lower()
