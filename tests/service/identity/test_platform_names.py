"""A platform's name stands in front of its messages: one that no message could carry is refused when it is given."""

from __future__ import annotations

from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from xacthuc.api.identity.v1 import admin_pb2

pytestmark = [pytest.mark.engine, pytest.mark.rule("R35")]


def named(display_name):
    return admin_pb2.CreatePlatformRequest(
        platform_id=f"p{uuid4().hex[:8]}", display_name=display_name, request_id=str(uuid4())
    )


def faults_of(error):
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    for packed in status.details:
        faults = error_details_pb2.BadRequest()
        if packed.Unpack(faults):
            return [(fault.field, fault.description) for fault in faults.field_violations]
    return []


@pytest.mark.parametrize("name", ["Forum", "Dien_dan 2", "B" * 11])
async def test_a_name_that_messages_can_carry_is_taken(api, name):
    assert (await api.admin.CreatePlatform(named(name))).display_name == name


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("forum.vn", "it has a link or what a handset would take for one"),
        (" Forum", "it is empty or begins or ends with a space"),
        ("Sale", "it has the promotional wording 'sale'"),
    ],
)
async def test_a_name_that_no_message_could_carry_is_refused_with_the_reason(api, name, complaint):
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await api.admin.CreatePlatform(named(name))

    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    [(field, told)] = faults_of(raised.value)
    assert field == "display_name"
    assert complaint in told


async def test_a_name_longer_than_a_sender_name_is_refused(api):
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await api.admin.CreatePlatform(named("B" * 12))

    assert [field for field, _ in faults_of(raised.value)] == ["display_name"]
