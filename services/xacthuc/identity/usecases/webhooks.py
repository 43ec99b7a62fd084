"""What operators do about webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import (
    AlreadyExists,
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    NotFound,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import webhooks as rules
from xacthuc.identity.domain.webhooks import MOST_WEBHOOKS, SECRET_BYTES, WebhookState
from xacthuc.identity.ports.webhooks import Webhook, WebhookFault
from xacthuc.identity.usecases.events import refusal
from xacthuc.identity.usecases.platforms import no_platform
from xacthuc.ids import encode, random_bytes
from xacthuc.watching.cursors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.webhooks import Attempt, Changes, Delivery, From, Post, Webhooks

_ID_BYTES: Final = 9
"""72 random bits in 12 characters: an id names a webhook, and opens nothing."""
_TEST_SECONDS: Final = 4.0
"""Somebody waits for it, and a call lasts 5 s at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDesk:
    """What these verbs work with."""

    clock: Clock
    webhooks: Webhooks
    post: Post
    ports: Collection[int]
    """Where receivers may listen."""
    development: bool
    appended: Callable[[], None]
    """Called after a commit that asked for deliveries."""


@dataclass(frozen=True, slots=True)
class MadeSecret:
    """A webhook, with a secret for the one time it is shown."""

    webhook: Webhook
    secret: str = field(repr=False)


async def create_webhook(desk: WebhookDesk, order: Order, address: str, kinds: Collection[str]) -> MadeSecret:
    """Makes a webhook and its first secret."""
    _check_address(desk, address)
    secret = random_bytes(SECRET_BYTES)
    wanted = Webhook(
        platform=order.platform,
        webhook_id=encode(random_bytes(_ID_BYTES)),
        address=address,
        kinds=frozenset(kinds),
        state=WebhookState.ACTIVE,
        create_time=desk.clock.now(),
    )
    return MadeSecret(_made(await desk.webhooks.create(order, wanted, secret)), rules.spelled_secret(secret))


async def get_webhook(desk: WebhookDesk, platform: str, webhook_id: str) -> Webhook:
    """Returns a webhook."""
    found = await desk.webhooks.get(platform, webhook_id)
    if found is None:
        raise _no_webhook()
    return found


async def list_webhooks(desk: WebhookDesk, platform: str) -> Sequence[Webhook]:
    """Returns a platform's webhooks, oldest first."""
    found = await desk.webhooks.of(platform)
    if found is None:
        raise no_platform()
    return found


async def update_webhook(desk: WebhookDesk, order: Order, webhook_id: str, changes: Changes) -> Webhook:
    """Changes where a webhook is, what it is told of, or whether it is."""
    if changes.address is not None:
        _check_address(desk, changes.address)
    return _made(await desk.webhooks.update(order, webhook_id, changes, desk.clock.now()))


async def delete_webhook(desk: WebhookDesk, order: Order, webhook_id: str) -> None:
    """Removes a webhook."""
    fault = await desk.webhooks.delete(order, webhook_id, desk.clock.now())
    if fault is not None:
        raise _refusal(fault)


async def rotate_secret(desk: WebhookDesk, order: Order, webhook_id: str, overlap: timedelta) -> MadeSecret:
    """Makes a new secret beside the one before, which ends after `overlap`."""
    secret, now = random_bytes(SECRET_BYTES), desk.clock.now()
    rotated = await desk.webhooks.rotate(order, webhook_id, secret, now + overlap, now)
    return MadeSecret(_made(rotated), rules.spelled_secret(secret))


async def test_webhook(desk: WebhookDesk, order: Order, webhook_id: str) -> Attempt:
    """Sends a delivery about nobody and returns what came of it; a repeated request gets the same answer."""
    if (before := await desk.webhooks.tested(order)) is not None:
        return before
    webhook, now = await get_webhook(desk, order.platform, webhook_id), desk.clock.now()
    secrets, body = await desk.webhooks.secrets(order.platform, webhook_id, now), rules.test_body(now)
    headers = rules.headers_of(f"test_{order.request_id}", body, secrets, now)
    attempt = await desk.post.send(webhook.address, headers, body, _TEST_SECONDS)
    await desk.webhooks.record_test(order, webhook_id, attempt, now)
    return attempt


async def list_deliveries(
    desk: WebhookDesk, platform: str, webhook_id: str, token: str, limit: int
) -> tuple[Sequence[Delivery], str]:
    """Returns a page of deliveries, newest event first, and what to ask the next page with; empty at the end."""
    await get_webhook(desk, platform, webhook_id)
    found = await desk.webhooks.deliveries(platform, webhook_id, token, limit + 1)
    if found is None:
        raise InvalidRequest(FieldFault("page_token", "must be one that this service gave, unchanged", "NOT_OURS"))
    return found[:limit], found[limit - 1].event.event_id if len(found) > limit else ""


async def replay_webhook(desk: WebhookDesk, order: Order, webhook_id: str, what: From) -> Webhook:
    """Has one event, or everything behind a place, sent again."""
    webhook = _made(await desk.webhooks.replay(order, webhook_id, what, desk.clock.now()))
    desk.appended()
    return webhook


def _check_address(desk: WebhookDesk, address: str) -> None:
    if fault := rules.address_fault(address, desk.ports, development=desk.development):
        raise InvalidRequest(FieldFault("address", fault, "ADDRESS_NOT_ALLOWED"))


def _made(outcome: Webhook | WebhookFault) -> Webhook:
    if isinstance(outcome, WebhookFault):
        raise _refusal(outcome)
    return outcome


def _refusal(fault: WebhookFault) -> XacthucError:
    if fault in _CURSORS:
        return refusal(_CURSORS[fault])
    return _REFUSALS[fault]()


def _no_webhook() -> NotFound:
    return NotFound(Reason.WEBHOOK_NOT_FOUND, "no such webhook; `xacthuc webhooks list` shows those there are")


def _no_event() -> NotFound:
    return NotFound(Reason.EVENT_NOT_FOUND, "no such event of this platform is kept")


def _too_many() -> FailedPrecondition:
    return FailedPrecondition(Reason.TOO_MANY_WEBHOOKS, f"the platform has {MOST_WEBHOOKS} webhooks; delete one first")


def _inactive() -> FailedPrecondition:
    return FailedPrecondition(
        Reason.WEBHOOK_INACTIVE, "the webhook is paused or disabled; resume it, then replay what it missed"
    )


def _repeated() -> AlreadyExists:
    return AlreadyExists(
        Reason.WEBHOOK_ALREADY_EXISTS,
        "this request_id made a secret, which cannot be shown again; rotate the webhook's secret",
    )


_CURSORS: Final = {
    WebhookFault.UNKNOWN_CURSOR: Fault.UNKNOWN,
    WebhookFault.EXPIRED: Fault.EXPIRED,
    WebhookFault.AHEAD: Fault.AHEAD,
}
_REFUSALS: Final[dict[WebhookFault, Callable[[], XacthucError]]] = {
    WebhookFault.NO_PLATFORM: no_platform,
    WebhookFault.NO_WEBHOOK: _no_webhook,
    WebhookFault.NO_EVENT: _no_event,
    WebhookFault.TOO_MANY: _too_many,
    WebhookFault.INACTIVE: _inactive,
    WebhookFault.REPEATED: _repeated,
}
