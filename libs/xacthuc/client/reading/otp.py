"""Messages of OtpService → results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.client.enums import ChallengeState, Channel, DeliveryState, Purpose, Refusal, Verdict
from xacthuc.client.reading.common import instant, optional
from xacthuc.client.results import Challenge, CheckResult, Delivery, NumberInfo

if TYPE_CHECKING:
    from xacthuc.api.otp.v1 import resources_pb2 as otp
    from xacthuc.api.otp.v1 import service_pb2 as otp_service


def challenge(message: otp.Challenge) -> Challenge:
    """Returns a challenge."""
    return Challenge(
        name=message.name,
        masked_phone_number=message.masked_phone_number,
        purpose=Purpose(message.purpose),
        subject=message.subject,
        state=ChallengeState(message.state),
        channel=Channel(message.channel) if message.channel else None,
        available_channels=tuple(Channel(each) for each in message.available_channels),
        create_time=instant(message.create_time),
        expire_time=instant(message.expire_time),
        next_send_time=optional(message, "next_send_time"),
        next_check_time=optional(message, "next_check_time"),
        remaining_checks=message.remaining_checks,
        remaining_sends=message.remaining_sends,
        delivery=_delivery(message.delivery) if message.HasField("delivery") else None,
    )


def check_result(message: otp_service.CheckCodeResponse) -> CheckResult:
    """Returns what became of one checked code."""
    return CheckResult(
        verdict=Verdict(message.verdict),
        proof_token=message.proof_token,
        remaining_checks=message.remaining_checks,
        challenge=challenge(message.challenge),
    )


def number_info(message: otp.NumberInfo) -> NumberInfo:
    """Returns what the numbering plan says of a number."""
    return NumberInfo(
        e164=message.e164,
        accepted=message.accepted,
        refusal=Refusal(message.refusal) if message.refusal else None,
        explanation=message.explanation,
        confirmed_range=message.confirmed_range,
        converted=message.converted,
    )


def _delivery(message: otp.Challenge.Delivery) -> Delivery:
    return Delivery(
        state=DeliveryState(message.state),
        queue_time=optional(message, "queue_time"),
        send_time=optional(message, "send_time"),
        deliver_time=optional(message, "deliver_time"),
    )
