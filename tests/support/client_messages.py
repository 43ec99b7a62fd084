"""Answers of the contracts, as a server would give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.identity.v1 import resources_pb2 as identity
from xacthuc.api.otp.v1 import resources_pb2 as otp

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def stamp(seconds: int = 0) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(NOW + timedelta(seconds=seconds))
    return made


CHALLENGE = otp.Challenge(
    name="challenges/" + "a" * 24,
    masked_phone_number="+84 91 *** **78",
    purpose=otp.Challenge.ACCOUNT_VERIFICATION,
    subject="accounts/an",
    state=otp.Challenge.PENDING,
    channel=otp.Challenge.SMS,
    available_channels=[otp.Challenge.ZALO_ZNS, otp.Challenge.VOICE],
    create_time=stamp(),
    expire_time=stamp(300),
    next_send_time=stamp(30),
    remaining_checks=5,
    remaining_sends=3,
    delivery=otp.Challenge.Delivery(state=otp.Challenge.Delivery.SENT, queue_time=stamp(), send_time=stamp(1)),
)
STEP = identity.NextStep(kind=identity.NextStep.NONE, text_vi="Xong.", text_en="Done.")
ACCOUNT = identity.Account(
    name="accounts/an",
    state=identity.Account.VERIFIED,
    evidence=[identity.Evidence(kind=identity.Evidence.PHONE, verify_time=stamp(), source="otp/sms")],
    next_step=STEP,
    create_time=stamp(),
    update_time=stamp(9),
    masked_phone_number="+84 91 *** **78",
)
DECISION = identity.Decision(
    allowed=True,
    reason=identity.Decision.VERIFIED,
    next_step=STEP,
    legal_basis="Decree 147/2024/NĐ-CP Art. 23(3)(e)",
    policy_version="2026-11-01",
    cache_ttl=Duration(seconds=60),
)
