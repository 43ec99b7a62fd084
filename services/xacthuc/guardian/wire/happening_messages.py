"""What happened to links, as watchers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.guardian.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reading import timestamp
from xacthuc.grpckit.watching import RenderedOnce

if TYPE_CHECKING:
    from xacthuc.guardian.domain.happenings import LinkEvent
    from xacthuc.guardian.ports.happenings import LinkEventBatch

_KINDS: Final = dict(resources_pb2.LinkEvent.Kind.items())


def renderer() -> RenderedOnce[LinkEventBatch]:
    """Returns what renders batches."""
    return RenderedOnce(_response)


def _response(batch: LinkEventBatch, cursor: str) -> service_pb2.WatchLinksResponse:
    return service_pb2.WatchLinksResponse(events=map(_event, batch.events), cursor=cursor)


def _event(told: LinkEvent) -> resources_pb2.LinkEvent:
    """A newer process beside this one may have written kinds that are not known here yet."""
    return resources_pb2.LinkEvent(
        name=f"events/{told.event_id}",
        kind=_KINDS.get(told.kind, resources_pb2.LinkEvent.KIND_UNSPECIFIED),
        child=f"accounts/{told.child_id}",
        link=f"links/{told.link}" if told.link else "",
        occur_time=timestamp(told.time),
    )
