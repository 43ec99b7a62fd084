"""`xacthuc webhooks`."""

from __future__ import annotations

from client_messages import stamp
from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import events_pb2, webhook_admin_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

NAME = "platforms/forum/webhooks/aaaaaaaaaaaa"
WEBHOOK = webhook_admin_pb2.Webhook(
    name=NAME, address="https://forum.vn/hooks", state=webhook_admin_pb2.Webhook.ACTIVE, create_time=stamp()
)
MADE = webhook_admin_pb2.CreateWebhookResponse(webhook=WEBHOOK, secret="whsec_shown")
ROTATED = webhook_admin_pb2.RotateWebhookSecretResponse(webhook=WEBHOOK, secret="whsec_new")
DELIVERY = webhook_admin_pb2.WebhookDelivery(
    event="events/e1",
    kind=events_pb2.AccountEvent.ACCOUNT_CLOSED,
    account="accounts/an",
    occur_time=stamp(),
    state=webhook_admin_pb2.WebhookDelivery.DEAD,
    attempts=6,
    last_outcome=webhook_admin_pb2.WebhookDelivery.REDIRECTED,
    last_status=307,
)


def sent(command):
    return command.admin.received[-1].request


def test_a_webhook_is_created_for_some_kinds_and_its_secret_shown_once(command):
    command.admin.answer("CreateWebhook", MADE)

    ran = command(
        "webhooks", "create", "forum", "--address", "https://forum.vn/hooks", "--kind", "account-closed",
        "--kind", "phone-verified",
    )  # fmt: skip

    assert ran.status == 0
    assert "whsec_shown" in ran.out
    assert "cannot be shown again" in ran.err
    assert (sent(command).parent, list(sent(command).kinds)) == ("platforms/forum", [15, 3])


def test_lists_and_deliveries_are_tables_or_json(command):
    command.admin.answer("ListWebhooks", webhook_admin_pb2.ListWebhooksResponse(webhooks=[WEBHOOK]))
    command.admin.answer("GetWebhook", WEBHOOK)
    answer = webhook_admin_pb2.ListWebhookDeliveriesResponse(deliveries=[DELIVERY])
    command.admin.answer("ListWebhookDeliveries", answer)

    assert NAME in command("webhooks", "list", "forum").out
    assert command("webhooks", "show", NAME, "--json").json["state"] == "ACTIVE"
    assert "DEAD" in command("webhooks", "deliveries", NAME, "-n", "5").out
    assert sent(command).page_size == 5
    (shown,) = command("webhooks", "deliveries", NAME, "--json").json
    assert (shown["last_outcome"], shown["last_status"]) == ("REDIRECTED", 307)


def test_what_is_left_out_of_an_update_stays(command):
    command.admin.answer("UpdateWebhook", WEBHOOK)

    assert command("webhooks", "update", NAME, "--pause").status == 0
    request = sent(command)
    assert (request.address, list(request.kinds), request.default_kinds) == ("", [], False)
    assert request.change == webhook_admin_pb2.UpdateWebhookRequest.PAUSE
    command("webhooks", "update", NAME, "--default-kinds", "--resume")
    assert sent(command).default_kinds
    assert command("webhooks", "update", NAME, "--pause", "--resume").status == 2


def test_rotating_deleting_and_testing(command):
    command.admin.answer("RotateWebhookSecret", ROTATED)
    command.admin.answer("DeleteWebhook", Empty())
    outcomes = webhook_admin_pb2.WebhookDelivery
    command.admin.answer(
        "TestWebhook",
        webhook_admin_pb2.TestWebhookResponse(outcome=outcomes.ACCEPTED, status=204),
        webhook_admin_pb2.TestWebhookResponse(outcome=outcomes.TIMED_OUT),
    )

    assert "whsec_new" in command("webhooks", "rotate", NAME, "--overlap", "2h").out
    assert sent(command).overlap.seconds == 7200
    assert command("webhooks", "delete", NAME).status == 0
    assert command("webhooks", "test", NAME).status == 0
    failed = command("webhooks", "test", NAME)
    assert failed.status == 1
    assert "TIMED_OUT" in failed.err


def test_a_replay_says_what_by_one_option(command):
    command.admin.answer("ReplayWebhook", WEBHOOK)

    assert command("webhooks", "replay", NAME, "--event", "e1").status == 0
    assert sent(command).event == "events/e1"
    assert command("webhooks", "replay", NAME, "--since", "6h").status == 0
    assert sent(command).HasField("from_time")
    assert command("webhooks", "replay", NAME, "--cursor", "c" * 22).status == 0
    assert sent(command).cursor == "c" * 22
    for wrong in ([], ["--event", "e1", "--since", "6h"]):
        assert command("webhooks", "replay", NAME, *wrong).status == 2


def test_a_refusal_says_what_to_type_next(command):
    command.admin.answer("ReplayWebhook", errors.FailedPrecondition(Reason.WEBHOOK_INACTIVE, "paused"))

    ran = command("webhooks", "replay", NAME, "--event", "e1")

    assert ran.status == 1
    assert "--resume" in ran.err
