"""The guardian service registers who answers for children and asks about holders, over mutual TLS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from identity_service import Api, Platform, faults_of, reason_of, refusal

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.api.otp.v1 import resources_pb2 as otp_pb2
from xacthuc.grpckit.reasons import Reason

Holder, GuardianCheck = internal_pb2.Holder, internal_pb2.GuardianCheck
Guardian = internal_pb2.Guardianship.Guardian
NUMBER = "+84912345671"


def now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC))
    return stamp


def registration(**fields: Any) -> internal_pb2.RegisterGuardianRequest:
    """Returns a guardian nothing is wrong with, but for the fields given."""
    proof = internal_pb2.RegisterGuardianRequest.RedeemedProof(
        proof_id=uuid4().hex, phone_number=NUMBER, verify_time=now(), channel=otp_pb2.Challenge.SMS, device="d" * 16
    )
    whole = {
        "link": "links/l1",
        "full_name": "Trần Thị Mẹ",
        "birth_date": Date(year=1985, month=6, day=7),
        "text_version": "declaration-1",
        "accept_time": now(),
        "proof": proof,
        "request_id": str(uuid4()),
    }
    return internal_pb2.RegisterGuardianRequest(**{**whole, **fields})


class Asking:
    """The guardian service, for one platform."""

    def __init__(self, stub: internal_pb2_grpc.IdentityInternalStub, platform: Platform) -> None:
        self._stub, self._metadata = stub, (("x-xacthuc-platform", platform.name),)

    async def ask(self, method: str, request: Any) -> Any:
        return await getattr(self._stub, method)(request, metadata=self._metadata, timeout=10)


@pytest.fixture
async def asking(api: Api, platform: Platform) -> Asking:
    await platform.register("child", born=(2015, 1, 2))
    return Asking(api.guardian, platform)


@pytest.mark.rule("R16")
async def test_a_guardian_is_registered_checked_and_told_of(asking: Asking, platform: Platform):
    holder = await asking.ask("RegisterGuardian", registration())

    assert (holder.age_band, holder.assurance) == (Holder.ADULT, Holder.PHONE)
    assert holder.state == resources_pb2.Account.VERIFIED
    assert await asking.ask("GetHolder", internal_pb2.GetHolderRequest(name=holder.name)) == holder
    guardian = Guardian(
        link="links/l1", account=holder.name, relation=internal_pb2.Guardianship.MOTHER, start_time=now()
    )
    wanted = internal_pb2.CheckGuardianRequest(child="accounts/child", guardian=guardian, child_devices=["d" * 16])
    assert await asking.ask("CheckGuardian", wanted) == GuardianCheck(coincidences=[GuardianCheck.DEVICE])
    decision = await platform.check(holder.name.removeprefix("accounts/"))
    assert decision.reason == resources_pb2.Decision.NOT_REGISTERED


async def test_an_unfit_one_is_told_with_the_cause(asking: Asking):
    unknown = Guardian(
        link="links/l1", account="accounts/x", relation=internal_pb2.Guardianship.MOTHER, start_time=now()
    )
    wanted = internal_pb2.CheckGuardianRequest(child="accounts/child", guardian=unknown)
    young = registration(birth_date=Date(year=2015, month=1, day=2))

    assert (await asking.ask("CheckGuardian", wanted)).unfit == GuardianCheck.UNKNOWN
    error = await refusal(asking.ask("RegisterGuardian", young))
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.GUARDIAN_UNFIT)
    error = await refusal(asking.ask("GetHolder", internal_pb2.GetHolderRequest(name="accounts/x")))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"link": "links/"}, "link"),
        ({"account": "child"}, "account"),
        ({"full_name": " "}, "full_name"),
        ({"full_name": "0"}, "full_name"),
        ({"birth_date": Date(year=1985)}, "birth_date"),
        ({"birth_date": Date(year=1985, month=2, day=30)}, "birth_date.day"),
        ({"text_version": ""}, "text_version"),
        ({"proof": internal_pb2.RegisterGuardianRequest.RedeemedProof()}, "proof.proof_id"),
        ({"accept_time": Timestamp(seconds=-(10**12))}, "accept_time"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_faulty_field_is_named(asking: Asking, fields, field):
    error = await refusal(asking.ask("RegisterGuardian", registration(**fields)))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in faults_of(error)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("RegisterGuardian", registration),
        ("GetHolder", lambda: internal_pb2.GetHolderRequest(name="accounts/child")),
    ],
    ids=["RegisterGuardian", "GetHolder"],
)
async def test_only_the_guardian_service_may_ask(api: Api, platform: Platform, method, request_):
    stranger = Asking(internal_pb2_grpc.IdentityInternalStub(api._internal), platform)

    assert reason_of(await refusal(stranger.ask(method, request_()))) is Reason.PEER_NOT_ALLOWED


async def test_only_the_backfill_may_have_a_platform_told(asking: Asking):
    reminder = internal_pb2.RemindAccountRequest(name="accounts/child", due_time=now(), request_id=str(uuid4()))

    assert reason_of(await refusal(asking.ask("RemindAccount", reminder))) is Reason.PEER_NOT_ALLOWED
