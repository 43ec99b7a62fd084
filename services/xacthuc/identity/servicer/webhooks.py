"""Serves operators, on the internal port: webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import webhook_admin_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import webhooks
from xacthuc.identity.wire import webhook_messages
from xacthuc.identity.wire.admin import platform_of
from xacthuc.identity.wire.common import order

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.webhooks import WebhookDesk


class WebhookAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, desk: WebhookDesk) -> None:
        """Takes what the verbs work with."""
        self._desk = desk

    async def CreateWebhook(
        self, request: webhook_admin_pb2.CreateWebhookRequest, call: Call
    ) -> webhook_admin_pb2.CreateWebhookResponse:
        asked = order(request, call, platform_of(request.parent))
        kinds = webhook_messages.kinds(request.kinds)
        return webhook_messages.created(await webhooks.create_webhook(self._desk, asked, request.address, kinds))

    async def GetWebhook(self, request: webhook_admin_pb2.GetWebhookRequest, call: Call) -> webhook_admin_pb2.Webhook:
        platform, webhook_id = webhook_messages.name_of(request.name)
        return webhook_messages.webhook(await webhooks.get_webhook(self._desk, platform, webhook_id))

    async def ListWebhooks(
        self, request: webhook_admin_pb2.ListWebhooksRequest, call: Call
    ) -> webhook_admin_pb2.ListWebhooksResponse:
        found = await webhooks.list_webhooks(self._desk, platform_of(request.parent))
        return webhook_admin_pb2.ListWebhooksResponse(webhooks=map(webhook_messages.webhook, found))

    async def UpdateWebhook(
        self, request: webhook_admin_pb2.UpdateWebhookRequest, call: Call
    ) -> webhook_admin_pb2.Webhook:
        platform, webhook_id = webhook_messages.name_of(request.name)
        asked, changes = order(request, call, platform), webhook_messages.changes(request)
        return webhook_messages.webhook(await webhooks.update_webhook(self._desk, asked, webhook_id, changes))

    async def DeleteWebhook(self, request: webhook_admin_pb2.DeleteWebhookRequest, call: Call) -> Empty:
        platform, webhook_id = webhook_messages.name_of(request.name)
        await webhooks.delete_webhook(self._desk, order(request, call, platform), webhook_id)
        return Empty()

    async def RotateWebhookSecret(
        self, request: webhook_admin_pb2.RotateWebhookSecretRequest, call: Call
    ) -> webhook_admin_pb2.RotateWebhookSecretResponse:
        platform, webhook_id = webhook_messages.name_of(request.name)
        asked, overlap = order(request, call, platform), webhook_messages.overlap(request)
        return webhook_messages.rotated(await webhooks.rotate_secret(self._desk, asked, webhook_id, overlap))

    async def TestWebhook(
        self, request: webhook_admin_pb2.TestWebhookRequest, call: Call
    ) -> webhook_admin_pb2.TestWebhookResponse:
        platform, webhook_id = webhook_messages.name_of(request.name)
        asked = order(request, call, platform)
        return webhook_messages.tested(await webhooks.test_webhook(self._desk, asked, webhook_id))

    async def ListWebhookDeliveries(
        self, request: webhook_admin_pb2.ListWebhookDeliveriesRequest, call: Call
    ) -> webhook_admin_pb2.ListWebhookDeliveriesResponse:
        platform, webhook_id = webhook_messages.name_of(request.parent)
        page, token = await webhooks.list_deliveries(
            self._desk, platform, webhook_id, request.page_token, size_of(request)
        )
        return webhook_admin_pb2.ListWebhookDeliveriesResponse(
            deliveries=map(webhook_messages.delivery, page), next_page_token=token
        )

    async def ReplayWebhook(
        self, request: webhook_admin_pb2.ReplayWebhookRequest, call: Call
    ) -> webhook_admin_pb2.Webhook:
        platform, webhook_id = webhook_messages.name_of(request.name)
        asked, what = order(request, call, platform), webhook_messages.replay(request)
        return webhook_messages.webhook(await webhooks.replay_webhook(self._desk, asked, webhook_id, what))
