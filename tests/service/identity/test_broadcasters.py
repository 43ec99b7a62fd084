"""The livestream service asks who may be on air and who may sell there, over mutual TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest
from identity_process import IdentityProcess
from identity_service import NUMBER, Api, Platform, reason_of, refusal

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2, service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles

Decision = resources_pb2.Decision
CONFIRMED = "000090000000"
"""What the sandbox's provider confirms, of the birth year 1990."""

Ask = Callable[[str], Awaitable[internal_pb2.Broadcaster]]


@pytest.fixture
async def ask(deployment: IdentityProcess, platform: Platform) -> AsyncIterator[Ask]:
    livestream = TlsFiles(deployment.tls, "livestream").channel_credentials()
    name = ("grpc.ssl_target_name_override", "identity")
    async with grpc.aio.secure_channel(deployment.internal, livestream, options=[name]) as channel:
        stub = internal_pb2_grpc.IdentityInternalStub(channel)

        async def check(account: str) -> internal_pb2.Broadcaster:
            request = internal_pb2.CheckBroadcasterRequest(name=f"accounts/{account}")
            return await stub.CheckBroadcaster(request, metadata=(("x-xacthuc-platform", platform.name),), timeout=10)

        yield check


@pytest.mark.rule("R3")
async def test_who_has_a_confirmed_personal_id_may_sell_and_is_known_by_its_evidence(platform: Platform, ask: Ask):
    await platform.register("an")
    await platform.verify_personal_id("an", CONFIRMED, commerce=True)

    known = await ask("an")

    assert (known.livestream.reason, known.commerce.reason) == (Decision.VERIFIED, Decision.VERIFIED)
    assert (known.personal_id.kind, known.personal_id.source) == (resources_pb2.Evidence.PERSONAL_ID, "eid/sandbox")
    assert (known.is_child, known.HasField("change_time")) == (False, False)


@pytest.mark.rule("R3")
async def test_who_has_a_number_may_be_on_air_and_not_sell(api: Api, platform: Platform, ask: Ask):
    await platform.register("an")
    await platform.verify("an", api.otp.prove(NUMBER, "an"))

    known = await ask("an")

    assert (known.livestream.allowed, known.commerce.allowed) == (True, False)
    assert known.commerce.next_step.kind == resources_pb2.NextStep.VERIFY_PERSONAL_ID
    assert not known.HasField("personal_id")


async def test_a_child_is_known_as_one_and_nobody_is_nobody(platform: Platform, ask: Ask):
    await platform.register("child", born=(2015, 1, 2))

    assert ((await ask("child")).is_child, (await ask("child")).commerce.reason) == (True, Decision.NOT_FOR_CHILDREN)
    assert (await ask("nobody")).livestream.reason == Decision.NOT_REGISTERED


async def test_it_is_told_when_a_lock_ends_by_itself(platform: Platform, ask: Ask):
    await platform.register("an")
    end = int(datetime.now(UTC).timestamp()) + 3600
    lock = service_pb2.LockAccountRequest(name="accounts/an", basis="order 1", request_id=str(uuid4()))
    lock.expire_time.FromSeconds(end)
    await platform.ask("LockAccount", lock)

    known = await ask("an")

    assert (known.livestream.reason, known.change_time.seconds) == (Decision.LOCKED, end)


async def test_nobody_but_the_livestream_service_may_ask(api: Api, platform: Platform):
    request = internal_pb2.CheckBroadcasterRequest(name="accounts/an")

    error = await refusal(api.guardian.CheckBroadcaster(request, metadata=(("x-xacthuc-platform", platform.name),)))

    assert reason_of(error) is Reason.PEER_NOT_ALLOWED
