"""Links on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.guardian.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reading import optional_timestamp, timestamp
from xacthuc.guardian.domain.links import EndCause, State
from xacthuc.guardian.domain.relations import Relation, WardGround

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.guardian.domain.links import Declaration, Link

ACCOUNT_PREFIX: Final = len("accounts/")
LINK_PREFIX: Final = len("links/")
"""Cut off a name to get the id; the contract's pattern has checked what is cut."""

_RELATIONS: Final = {relation: resources_pb2.Relation.Value(relation.value) for relation in Relation}
RELATIONS_READ: Final = {number: relation for relation, number in _RELATIONS.items()}
_GROUNDS: Final = {ground: resources_pb2.WardGround.Value(ground.value) for ground in WardGround}
GROUNDS_READ: Final = {number: ground for ground, number in _GROUNDS.items()}
STATES: Final = {state: resources_pb2.Link.State.Value(state.value) for state in State}
_CAUSES: Final = {cause: resources_pb2.Link.EndCause.Value(cause.value) for cause in EndCause}


def before(page_token: str) -> int | None:
    """Reads where a page begins."""
    return int(page_token) if page_token else None


def link(kept: Link) -> resources_pb2.Link:
    """Renders a link."""
    return resources_pb2.Link(
        name=f"links/{kept.link}",
        child=f"accounts/{kept.child_id}",
        guardian=f"accounts/{kept.guardian_id}" if kept.guardian_id else "",
        relation=_RELATIONS[kept.relation],
        state=STATES[kept.state],
        expire_time=timestamp(kept.expire_time),
        start_time=optional_timestamp(kept.start_time),
        end_time=optional_timestamp(kept.end_time),
        end_cause=_CAUSES[kept.end_cause] if kept.end_cause else resources_pb2.Link.END_CAUSE_UNSPECIFIED,
        declaration=None if kept.declaration is None else _declaration(kept.declaration),
        dispute=f"disputes/{kept.dispute}" if kept.dispute else "",
        create_time=timestamp(kept.create_time),
        update_time=timestamp(kept.update_time),
    )


def links(kept: Iterable[Link], following: int | None) -> service_pb2.ListLinksResponse:
    """Renders a page."""
    token = "" if following is None else str(following)
    return service_pb2.ListLinksResponse(links=[link(each) for each in kept], next_page_token=token)


def _declaration(given: Declaration) -> resources_pb2.Declaration:
    return resources_pb2.Declaration(
        text_version=given.text_version,
        accept_time=timestamp(given.accept_time),
        affirmed=True,
        ward_ground=_GROUNDS[given.ward_ground] if given.ward_ground else resources_pb2.WARD_GROUND_UNSPECIFIED,
    )
