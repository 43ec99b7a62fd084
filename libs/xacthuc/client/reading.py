"""Messages of the contracts → results. The only place that knows both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xacthuc.client.enums import (
    AccountState,
    ChallengeState,
    Channel,
    DecisionReason,
    DeliveryState,
    EvidenceKind,
    NextStepKind,
    Purpose,
    Refusal,
    Verdict,
)
from xacthuc.client.results import (
    Account,
    Challenge,
    CheckResult,
    Decision,
    Delivery,
    Evidence,
    Lock,
    NextStep,
    NumberInfo,
)

if TYPE_CHECKING:
    from google.protobuf.empty_pb2 import Empty
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from xacthuc.api.identity.v1 import resources_pb2 as identity
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
        create_time=_instant(message.create_time),
        expire_time=_instant(message.expire_time),
        next_send_time=_optional(message, "next_send_time"),
        next_check_time=_optional(message, "next_check_time"),
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


def account(message: identity.Account) -> Account:
    """Returns an account."""
    return Account(
        name=message.name,
        state=AccountState(message.state),
        evidence=tuple(_evidence(each) for each in message.evidence),
        is_child=message.is_child,
        next_step=_next_step(message.next_step),
        create_time=_instant(message.create_time),
        update_time=_instant(message.update_time),
        masked_phone_number=message.masked_phone_number,
        masked_personal_id=message.masked_personal_id,
        lock=_lock(message.lock) if message.HasField("lock") else None,
        transition_end_time=_optional(message, "transition_end_time"),
        purge_time=_optional(message, "purge_time"),
    )


def _lock(message: identity.Lock) -> Lock:
    return Lock(
        basis=message.basis,
        create_time=_instant(message.create_time),
        expire_time=_optional(message, "expire_time"),
    )


def decision(message: identity.Decision) -> Decision:
    """Returns a decision."""
    return Decision(
        allowed=message.allowed,
        reason=DecisionReason(message.reason),
        next_step=_next_step(message.next_step),
        legal_basis=message.legal_basis,
        policy_version=message.policy_version,
        cache_ttl=message.cache_ttl.ToTimedelta(),
    )


def nothing(_message: Empty) -> None:
    """Returns None: the call succeeded and says no more."""


def _delivery(message: otp.Challenge.Delivery) -> Delivery:
    return Delivery(
        state=DeliveryState(message.state),
        queue_time=_optional(message, "queue_time"),
        send_time=_optional(message, "send_time"),
        deliver_time=_optional(message, "deliver_time"),
    )


def _evidence(message: identity.Evidence) -> Evidence:
    return Evidence(
        kind=EvidenceKind(message.kind),
        verify_time=_instant(message.verify_time),
        source=message.source,
        level=message.level,
    )


def _next_step(message: identity.NextStep) -> NextStep:
    return NextStep(kind=NextStepKind(message.kind), text_vi=message.text_vi, text_en=message.text_en)


def _instant(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _optional(message: Message, name: str) -> datetime | None:
    return _instant(getattr(message, name)) if message.HasField(name) else None
