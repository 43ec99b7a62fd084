"""The guardian service says who answers for a child, over mutual TLS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.timeofday_pb2 import TimeOfDay
from identity_service import NUMBER, Api, Platform, faults_of, reason_of, refusal

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.reasons import Reason

Guardianship = internal_pb2.Guardianship


def guardianship(*guardians: str, version: int = 1, **supervision: object) -> Guardianship:
    since = Timestamp()
    since.FromDatetime(datetime.now(UTC) - timedelta(minutes=1))
    return Guardianship(
        child="accounts/child",
        guardians=[
            Guardianship.Guardian(
                link=f"links/{each}", account=f"accounts/{each}", relation=Guardianship.MOTHER, start_time=since
            )
            for each in guardians
        ],
        supervision=Guardianship.Supervision(**{"allowed_actions": [resources_pb2.POST], **supervision}),
        version=version,
    )


async def put(stub: internal_pb2_grpc.IdentityInternalStub, platform: Platform, wanted: Guardianship) -> Guardianship:
    request = internal_pb2.PutGuardianshipRequest(guardianship=wanted, request_id=str(uuid4()))
    return await stub.PutGuardianship(request, metadata=(("x-xacthuc-platform", platform.name),), timeout=10)


@pytest.fixture
async def child(api: Api, platform: Platform) -> Platform:
    await platform.register("child", born=(2015, 1, 2))
    await platform.register("mother")
    await platform.verify("mother", api.otp.prove(NUMBER, "mother"))
    return platform


@pytest.mark.rule("R23")
async def test_what_was_put_is_answered_and_decides(api: Api, child: Platform):
    hours = Guardianship.QuietHours(start=TimeOfDay(hours=21, minutes=30), end=TimeOfDay(hours=21, minutes=31))
    wanted = guardianship("mother", quiet_hours=hours)

    assert await put(api.guardian, child, wanted) == wanted
    assert (await child.check("child", resources_pb2.COMMENT)).reason == resources_pb2.Decision.SUPERVISED
    account = await child.get("child")
    assert (account.is_child, account.state) == (True, resources_pb2.Account.VERIFIED)
    assert [proven.kind for proven in account.evidence] == [resources_pb2.Evidence.GUARDIAN]


async def test_only_the_guardian_service_may_say_it(api: Api, child: Platform):
    stranger = internal_pb2_grpc.IdentityInternalStub(api._internal)

    error = await refusal(put(stranger, child, guardianship("mother")))

    assert reason_of(error) is Reason.PEER_NOT_ALLOWED


async def test_a_refusal_names_the_link(api: Api, child: Platform):
    error = await refusal(put(api.guardian, child, guardianship("nobody")))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.GUARDIAN_UNFIT)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (guardianship("a", "b", "c"), "guardianship.guardians"),
        (guardianship("a", version=0), "guardianship.version"),
        (guardianship("a/b"), "guardianship.guardians[0].link"),
        (guardianship(allowed_actions=[0]), "guardianship.supervision.allowed_actions[0]"),
        (
            guardianship(quiet_hours=Guardianship.QuietHours(start=TimeOfDay(hours=24), end=TimeOfDay())),
            "guardianship.supervision.quiet_hours.start",
        ),
    ],
)
async def test_a_faulty_field_is_named(api: Api, child: Platform, wanted, field):
    error = await refusal(put(api.guardian, child, wanted))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in faults_of(error)
