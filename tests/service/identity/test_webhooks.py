"""WebhookAdmin over real gRPC, and what arrives at a receiver of what platforms do."""

from __future__ import annotations

from uuid import uuid4

import grpc.aio
import pytest
from grpc import StatusCode
from identity_service import NUMBER, faults_of, reason_of, refusal
from standardwebhooks import Webhook as Verifier
from webhook_receiver import WebhookReceiver

from xacthuc.api.identity.v1 import webhook_admin_pb2 as webhooks
from xacthuc.api.identity.v1 import webhook_admin_pb2_grpc
from xacthuc.client.webhooks import verify
from xacthuc.grpckit.reasons import Reason

SECONDS = 20
Delivery = webhooks.WebhookDelivery


@pytest.fixture
async def receiver():
    made = WebhookReceiver()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def admin(api):
    """Calls a method by name, with the fields of its request."""
    stub = webhook_admin_pb2_grpc.WebhookAdminStub(api._internal)

    async def call(method, **fields):
        request = getattr(webhooks, f"{method}Request")
        whole = {"request_id": str(uuid4())} if "request_id" in request.DESCRIPTOR.fields_by_name else {}
        return await getattr(stub, method)(request(**{**whole, **fields}), timeout=SECONDS)

    return call


@pytest.fixture
async def made(admin, platform, receiver):
    return await admin("CreateWebhook", parent=f"platforms/{platform.name}", address=receiver.address)


async def test_what_a_platform_does_arrives_signed_within_moments(api, platform, receiver, made, eventually):
    await platform.register("an")
    await platform.verify("an", api.otp.prove(NUMBER, "an"))
    await eventually(lambda: len(receiver.received) == 2)

    told = {}
    for asked in receiver.received:
        Verifier(made.secret).verify(asked.body, asked.headers)
        event = verify(asked.headers, asked.body, made.secret)
        assert event.name == f"events/{asked.headers['webhook-id']}"
        told[event.kind.name] = event.account
        assert asked.headers["user-agent"] == "xacthuc-webhooks/1"
    assert told == {"ACCOUNT_REGISTERED": "accounts/an", "PHONE_VERIFIED": "accounts/an"}
    assert not [asked for asked in receiver.received if "912345678" in asked.body.decode()]


async def test_deliveries_tell_what_came_of_them_and_an_event_is_sent_again(
    platform, receiver, made, admin, eventually
):
    receiver.behave("fail", times=1)
    await platform.register("an")
    name = made.webhook.name

    async def newest():
        page = await admin("ListWebhookDeliveries", parent=name)
        return page.deliveries[0] if page.deliveries else Delivery()

    async def failed():
        return (await newest()).attempts == 1

    await eventually(failed)
    found = await newest()
    await admin("ReplayWebhook", name=name, event=found.event)

    async def delivered():
        return (await newest()).state == Delivery.DELIVERED

    await eventually(delivered)
    assert (found.state, found.last_outcome, found.last_status) == (Delivery.PENDING, Delivery.FAILED, 500)
    assert found.HasField("next_attempt_time")
    assert len({asked.headers["webhook-id"] for asked in receiver.received}) == 1


async def test_deliveries_come_in_pages_newest_first(platform, made, admin, eventually):
    for account in ("an", "binh", "chi"):
        await platform.register(account)
    name = made.webhook.name

    async def given():
        return len((await admin("ListWebhookDeliveries", parent=name)).deliveries) == 3

    await eventually(given)
    first = await admin("ListWebhookDeliveries", parent=name, page_size=2)
    second = await admin("ListWebhookDeliveries", parent=name, page_size=2, page_token=first.next_page_token)

    assert [one.account for one in first.deliveries] == ["accounts/chi", "accounts/binh"]
    assert [one.account for one in second.deliveries] == ["accounts/an"]
    assert second.next_page_token == ""


async def test_a_test_says_what_came_of_it(receiver, made, admin):
    accepted = await admin("TestWebhook", name=made.webhook.name)
    receiver.behave("redirect")
    redirected = await admin("TestWebhook", name=made.webhook.name)

    assert (accepted.outcome, accepted.status) == (Delivery.ACCEPTED, 204)
    assert (redirected.outcome, redirected.status) == (Delivery.REDIRECTED, 307)
    assert verify(receiver.received[0].headers, receiver.received[0].body, made.secret) is None


async def test_a_secret_is_shown_once(platform, receiver, admin):
    fields = {"parent": f"platforms/{platform.name}", "address": receiver.address, "request_id": str(uuid4())}
    made = await admin("CreateWebhook", **fields)
    repeated = await refusal(admin("CreateWebhook", **fields))
    rotated = await admin("RotateWebhookSecret", name=made.webhook.name)
    listed = await admin("ListWebhooks", parent=fields["parent"])

    assert (repeated.code(), reason_of(repeated)) == (StatusCode.ALREADY_EXISTS, Reason.WEBHOOK_ALREADY_EXISTS)
    assert rotated.secret != made.secret
    assert [one.name for one in listed.webhooks] == [made.webhook.name]


async def test_a_paused_webhook_hears_nothing_and_a_resumed_one_does(platform, receiver, made, admin, eventually):
    name = made.webhook.name
    paused = await admin("UpdateWebhook", name=name, change=webhooks.UpdateWebhookRequest.PAUSE)
    refused = await refusal(admin("ReplayWebhook", name=name, from_time=made.webhook.create_time))
    await platform.register("an")
    resumed = await admin("UpdateWebhook", name=name, change=webhooks.UpdateWebhookRequest.RESUME, kinds=[1])
    await admin("ReplayWebhook", name=name, from_time=made.webhook.create_time)
    await eventually(lambda: receiver.received)

    assert paused.state == webhooks.Webhook.PAUSED
    assert reason_of(refused) is Reason.WEBHOOK_INACTIVE
    assert (resumed.state, list(resumed.kinds)) == (webhooks.Webhook.ACTIVE, [1])


async def test_what_is_deleted_is_gone(made, admin):
    request_id = str(uuid4())
    await admin("DeleteWebhook", name=made.webhook.name, request_id=request_id)
    await admin("DeleteWebhook", name=made.webhook.name, request_id=request_id)
    again = await refusal(admin("DeleteWebhook", name=made.webhook.name))
    missing = await refusal(admin("GetWebhook", name=made.webhook.name))

    assert reason_of(again) is reason_of(missing) is Reason.WEBHOOK_NOT_FOUND


@pytest.mark.parametrize(
    "address", ["https://user@forum.vn/x", "https://forum.vn/#x", "ftp://forum.vn/xxxxxx", "https://"]
)
async def test_an_address_that_nothing_can_be_sent_to_is_refused_by_name(platform, admin, address):
    refused = await refusal(admin("CreateWebhook", parent=f"platforms/{platform.name}", address=address))

    assert refused.code() is StatusCode.INVALID_ARGUMENT
    assert faults_of(refused) == {"address"}


@pytest.mark.parametrize(
    ("method", "fields", "reason"),
    [
        ("CreateWebhook", {"parent": "platforms/nobody", "address": "https://forum.vn/x"}, Reason.PLATFORM_NOT_FOUND),
        ("ListWebhooks", {"parent": "platforms/nobody"}, Reason.PLATFORM_NOT_FOUND),
        ("RotateWebhookSecret", {"name": "platforms/nobody/webhooks/aaaaaaaaaaaa"}, Reason.WEBHOOK_NOT_FOUND),
        ("TestWebhook", {"name": "platforms/nobody/webhooks/aaaaaaaaaaaa"}, Reason.WEBHOOK_NOT_FOUND),
        ("UpdateWebhook", {"name": "platforms/nobody/webhooks/aaaaaaaaaaaa"}, Reason.WEBHOOK_NOT_FOUND),
        ("ListWebhookDeliveries", {"parent": "platforms/nobody/webhooks/aaaaaaaaaaaa"}, Reason.WEBHOOK_NOT_FOUND),
    ],
)
async def test_what_is_not_there_is_told(admin, method, fields, reason):
    assert reason_of(await refusal(admin(method, **fields))) is reason


async def test_contradictions_and_made_up_places_are_refused_by_name(made, admin):
    name = made.webhook.name
    kinds = await refusal(admin("UpdateWebhook", name=name, kinds=[1], default_kinds=True))
    event = await refusal(admin("ReplayWebhook", name=name, event="events/" + "A" * 22))
    cursor = await refusal(admin("ReplayWebhook", name=name, cursor="A" * 22))
    token = await refusal(admin("ListWebhookDeliveries", parent=name, page_token="A" * 22))

    assert faults_of(kinds) == {"default_kinds"}
    assert reason_of(event) is Reason.EVENT_NOT_FOUND
    assert faults_of(cursor) == {"cursor"}
    assert faults_of(token) == {"page_token"}


async def test_only_the_command_line_may(deployment, api, admin):
    stub = webhook_admin_pb2_grpc.WebhookAdminStub(api._guardian)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ListWebhooks(webhooks.ListWebhooksRequest(parent="platforms/forum"), timeout=SECONDS)

    assert reason_of(refused.value) is Reason.PEER_NOT_ALLOWED
