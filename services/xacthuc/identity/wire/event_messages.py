"""What happened to accounts, as watchers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from xacthuc.api.identity.v1 import events_pb2, internal_pb2, service_pb2
from xacthuc.grpckit.endpoint import Serialized
from xacthuc.identity.wire.common import timestamp

if TYPE_CHECKING:
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.ports.events import EventBatch

_KINDS: Final = dict(events_pb2.AccountEvent.Kind.items())


class EventRenderer:
    """Renders batches. What thousands of watchers are told alike is rendered once, and kept for as long as the batch."""

    def __init__(self, *, names_platforms: bool) -> None:
        """`names_platforms` is for watchers of all of them."""
        self._names_platforms = names_platforms
        self._response = internal_pb2.WatchAllAccountsResponse if names_platforms else service_pb2.WatchAccountsResponse
        self._rendered: WeakKeyDictionary[EventBatch, Serialized] = WeakKeyDictionary()

    def __call__(self, batch: EventBatch, cursor: str) -> Serialized:
        """Returns the response that tells of a batch."""
        rendered = self._rendered.get(batch)
        if rendered is None:
            events = [account_event(event, names_platform=self._names_platforms) for event in batch.events]
            rendered = Serialized(self._response(events=events, cursor=cursor).SerializeToString())
            self._rendered[batch] = rendered
        return rendered


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
