"""Webhooks and deliveries, as operators ask for them and are shown them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import events_pb2, webhook_admin_pb2
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.domain.webhooks import DeliveryState, Outcome, WebhookState
from xacthuc.identity.ports.webhooks import Changes, From
from xacthuc.identity.wire.admin import PLATFORM_PREFIX
from xacthuc.identity.wire.common import instant, optional_timestamp, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.identity.ports.webhooks import Attempt, Delivery, Webhook
    from xacthuc.identity.usecases.webhooks import MadeSecret

_EVENT_PREFIX: Final = "events/"
_KINDS: Final = dict(events_pb2.AccountEvent.Kind.items())
_STATES: Final = {state: webhook_admin_pb2.Webhook.State.Value(state.value) for state in WebhookState}
_DELIVERY_STATES: Final = {state: webhook_admin_pb2.WebhookDelivery.State.Value(state.value) for state in DeliveryState}
_Outcome: Final = webhook_admin_pb2.WebhookDelivery.Outcome
_OUTCOMES: Final = {outcome: _Outcome.Value(outcome.value) for outcome in Outcome}
_Change = webhook_admin_pb2.UpdateWebhookRequest
_CHANGES: Final = {_Change.PAUSE: WebhookState.PAUSED, _Change.RESUME: WebhookState.ACTIVE}
_UNTRIED: Final = _Outcome.Value("OUTCOME_UNSPECIFIED")
_DEFAULT_OVERLAP: Final = timedelta(hours=24)
"""How long a replaced secret goes on: a day's deployments."""


def name_of(name: str) -> tuple[str, str]:
    """Returns the ids in `platforms/{platform}/webhooks/{webhook}`."""
    _, platform, _, webhook_id = name.split("/")
    return platform, webhook_id


def kinds(numbers: Iterable[int]) -> frozenset[str]:
    """Reads what a webhook is to be told of."""
    return frozenset(map(events_pb2.AccountEvent.Kind.Name, numbers))  # type: ignore[arg-type]  # checked by the contract


def changes(request: webhook_admin_pb2.UpdateWebhookRequest) -> Changes:
    """Reads what is to be another; InvalidRequest when that contradicts itself."""
    if request.default_kinds and request.kinds:
        raise InvalidRequest(FieldFault("default_kinds", "leave it out, or `kinds`", "CONTRADICTION"))
    wanted = kinds(request.kinds) if request.kinds or request.default_kinds else None
    return Changes(request.address or None, wanted, _CHANGES.get(request.change))


def overlap(request: webhook_admin_pb2.RotateWebhookSecretRequest) -> timedelta:
    """Reads how long the secret before stays good."""
    return request.overlap.ToTimedelta() if request.HasField("overlap") else _DEFAULT_OVERLAP


def replay(request: webhook_admin_pb2.ReplayWebhookRequest) -> From:
    """Reads what is to be sent again; InvalidRequest when the time is none."""
    if request.WhichOneof("what") == "from_time":
        return From(time=instant(request.from_time, "from_time"))
    return From(event_id=request.event[len(_EVENT_PREFIX) :], cursor=request.cursor)


def webhook(found: Webhook) -> webhook_admin_pb2.Webhook:
    """Renders a webhook."""
    return webhook_admin_pb2.Webhook(
        name=f"{PLATFORM_PREFIX}{found.platform}/webhooks/{found.webhook_id}",
        address=found.address,
        kinds=sorted(_KINDS[kind] for kind in found.kinds if kind in _KINDS),
        state=_STATES[found.state],
        create_time=timestamp(found.create_time),
        failure_start_time=optional_timestamp(found.failing_since),
    )


def created(made: MadeSecret) -> webhook_admin_pb2.CreateWebhookResponse:
    """Renders a new webhook with its secret."""
    return webhook_admin_pb2.CreateWebhookResponse(webhook=webhook(made.webhook), secret=made.secret)


def rotated(made: MadeSecret) -> webhook_admin_pb2.RotateWebhookSecretResponse:
    """Renders a webhook with its new secret."""
    return webhook_admin_pb2.RotateWebhookSecretResponse(webhook=webhook(made.webhook), secret=made.secret)


def tested(attempt: Attempt) -> webhook_admin_pb2.TestWebhookResponse:
    """Renders what came of a test."""
    return webhook_admin_pb2.TestWebhookResponse(outcome=_OUTCOMES[attempt.outcome], status=attempt.status)


def delivery(found: Delivery) -> webhook_admin_pb2.WebhookDelivery:
    """Renders a delivery."""
    event = found.event
    return webhook_admin_pb2.WebhookDelivery(
        event=f"{_EVENT_PREFIX}{event.event_id}",
        kind=_KINDS.get(event.kind, 0),  # type: ignore[arg-type]  # an open enum on the wire
        account=f"accounts/{event.account_id}",
        occur_time=timestamp(event.time),
        state=_DELIVERY_STATES[found.state],
        attempts=found.attempts,
        last_outcome=_OUTCOMES[found.last_outcome] if found.last_outcome else _UNTRIED,
        last_status=found.last_status,
        last_attempt_time=optional_timestamp(found.last_time),
        next_attempt_time=optional_timestamp(found.next_time),
    )
