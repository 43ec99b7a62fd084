"""The calls of WebhookAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import events_pb2, webhook_admin_pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.WebhookAdmin"


def create(platform: str, address: str, kinds: Iterable[str]) -> Call[Any]:
    """Creates a webhook; `kinds` are names of the contract."""
    request = webhook_admin_pb2.CreateWebhookRequest(
        parent=platform_name(platform), address=address, kinds=_numbers(kinds), request_id=new_request_id()
    )
    return _call("CreateWebhook", request, webhook_admin_pb2.CreateWebhookResponse)


def get(name: str) -> Call[Any]:
    """Returns a webhook."""
    return _call("GetWebhook", webhook_admin_pb2.GetWebhookRequest(name=name), webhook_admin_pb2.Webhook)


def list_webhooks(platform: str) -> Call[Any]:
    """Returns the webhooks of a platform."""
    request = webhook_admin_pb2.ListWebhooksRequest(parent=platform_name(platform))
    return _call("ListWebhooks", request, webhook_admin_pb2.ListWebhooksResponse)


def update(name: str, address: str, kinds: Iterable[str], *, default_kinds: bool, change: str) -> Call[Any]:
    """Changes a webhook; `change` is PAUSE, RESUME or empty."""
    request = webhook_admin_pb2.UpdateWebhookRequest(
        name=name,
        address=address,
        kinds=_numbers(kinds),
        default_kinds=default_kinds,
        change=webhook_admin_pb2.UpdateWebhookRequest.Change.Value(change or "CHANGE_UNSPECIFIED"),
        request_id=new_request_id(),
    )
    return _call("UpdateWebhook", request, webhook_admin_pb2.Webhook)


def delete(name: str) -> Call[Any]:
    """Removes a webhook."""
    request = webhook_admin_pb2.DeleteWebhookRequest(name=name, request_id=new_request_id())
    return _call("DeleteWebhook", request, Empty)


def rotate(name: str, overlap: timedelta | None) -> Call[Any]:
    """Makes a new secret; the one before stays good for `overlap`, or a day."""
    request = webhook_admin_pb2.RotateWebhookSecretRequest(name=name, request_id=new_request_id())
    if overlap is not None:
        request.overlap.CopyFrom(duration_pb2.Duration(seconds=round(overlap.total_seconds())))
    return _call("RotateWebhookSecret", request, webhook_admin_pb2.RotateWebhookSecretResponse)


def test(name: str) -> Call[Any]:
    """Sends a delivery about nobody."""
    request = webhook_admin_pb2.TestWebhookRequest(name=name, request_id=new_request_id())
    return _call("TestWebhook", request, webhook_admin_pb2.TestWebhookResponse)


def deliveries(name: str, count: int) -> Call[Any]:
    """Returns the newest deliveries."""
    request = webhook_admin_pb2.ListWebhookDeliveriesRequest(parent=name, page_size=count)
    return _call("ListWebhookDeliveries", request, webhook_admin_pb2.ListWebhookDeliveriesResponse)


def replay(name: str, *, event: str = "", cursor: str = "", from_time: datetime | None = None) -> Call[Any]:
    """Sends one event again, or everything behind a cursor or a time."""
    request = webhook_admin_pb2.ReplayWebhookRequest(name=name, request_id=new_request_id())
    if event:
        request.event = event if "/" in event else f"events/{event}"
    elif cursor:
        request.cursor = cursor
    elif from_time is not None:
        stamp = timestamp_pb2.Timestamp()
        stamp.FromDatetime(from_time)
        request.from_time.CopyFrom(stamp)
    return _call("ReplayWebhook", request, webhook_admin_pb2.Webhook)


def _numbers(kinds: Iterable[str]) -> list[events_pb2.AccountEvent.Kind.ValueType]:
    return [events_pb2.AccountEvent.Kind.Value(kind) for kind in kinds]


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
