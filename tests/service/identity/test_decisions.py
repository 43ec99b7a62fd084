"""Decisions over the wire."""

from __future__ import annotations

import grpc
import pytest
from identity_service import Platform, faults_of, refusal

from xacthuc.api.identity.v1 import resources_pb2, service_pb2

ACTIONS = [value for value in resources_pb2.Action.values() if value]


def checks(*asked: tuple[str, resources_pb2.Action.ValueType]) -> service_pb2.BatchCheckActionsRequest:
    return service_pb2.BatchCheckActionsRequest(
        checks=[service_pb2.CheckActionRequest(name=f"accounts/{account}", action=action) for account, action in asked]
    )


@pytest.mark.rule("R4")
@pytest.mark.rule("R5")
async def test_a_batch_is_answered_in_its_order_with_what_each_call_would_answer(platform: Platform):
    await platform.register("grown")
    await platform.register("child", born=(2015, 1, 2))
    asked = [(account, action) for action in ACTIONS for account in ("grown", "child", "nobody", "grown")]

    answer = await platform.ask("BatchCheckActions", checks(*asked))

    assert list(answer.decisions) == [await platform.check(account, action) for account, action in asked]


async def test_the_largest_batch_is_served(platform: Platform):
    name = "a" * 64

    answer = await platform.ask("BatchCheckActions", checks(*[(name, resources_pb2.POST)] * 500))

    assert len(answer.decisions) == 500


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (checks(), {"checks"}),
        (checks(*[("a", resources_pb2.POST)] * 501), {"checks"}),
        (checks(("a", resources_pb2.POST), ("b/c", resources_pb2.POST)), {"checks[1].name"}),
        (checks(("a", resources_pb2.ACTION_UNSPECIFIED)), {"checks[0].action"}),
    ],
)
async def test_a_faulty_batch_is_refused_by_the_place_of_its_fault(platform: Platform, request_, fields):
    error = await refusal(platform.ask("BatchCheckActions", request_))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert faults_of(error) == fields
