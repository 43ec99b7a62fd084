"""What happened to accounts, as watchers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import events_pb2, internal_pb2, service_pb2
from xacthuc.grpckit.watching import RenderedOnce
from xacthuc.identity.wire.common import timestamp

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.ports.events import EventBatch

_KINDS: Final = dict(events_pb2.AccountEvent.Kind.items())


def renderer(*, names_platforms: bool) -> RenderedOnce[EventBatch]:
    """Returns what renders batches; `names_platforms` is for watchers of all of them."""

    def render(batch: EventBatch, cursor: str) -> Message:
        events = [account_event(event, names_platform=names_platforms) for event in batch.events]
        if not names_platforms:
            return service_pb2.WatchAccountsResponse(events=events, cursor=cursor)
        traces = dict.fromkeys(event.trace for event in batch.events if event.trace)
        return internal_pb2.WatchAllAccountsResponse(events=events, cursor=cursor, traceparents=traces)

    return RenderedOnce(render)


def account_event(event: AccountEvent, *, names_platform: bool) -> events_pb2.AccountEvent:
    """Renders one event."""
    return events_pb2.AccountEvent(
        name=f"events/{event.event_id}",
        # A newer process beside this one may have written a kind that is not known here yet.
        kind=_KINDS.get(event.kind, 0),  # type: ignore[arg-type]  # an open enum on the wire
        account=f"accounts/{event.account_id}",
        occur_time=timestamp(event.time),
        details=dict(event.details),
        platform=f"platforms/{event.platform}" if names_platform else "",
    )
