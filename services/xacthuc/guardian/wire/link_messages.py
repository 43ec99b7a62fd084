"""Links on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.guardian.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reading import instant, optional_timestamp, order, spaced, timestamp
from xacthuc.guardian.commands import BirthDate, ByGuardian, ConfirmLink, Person, RequestLink
from xacthuc.guardian.domain.links import Declaration, EndCause, State
from xacthuc.guardian.domain.relations import Relation, WardGround

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.domain.links import Link

ACCOUNT_PREFIX: Final = len("accounts/")
LINK_PREFIX: Final = len("links/")
"""Cut off a name to get the id; the contract's pattern has checked what is cut."""

_RELATIONS: Final = {relation: resources_pb2.Relation.Value(relation.value) for relation in Relation}
_RELATIONS_READ: Final = {number: relation for relation, number in _RELATIONS.items()}
_GROUNDS: Final = {ground: resources_pb2.WardGround.Value(ground.value) for ground in WardGround}
_GROUNDS_READ: Final = {number: ground for ground, number in _GROUNDS.items()}
STATES: Final = {state: resources_pb2.Link.State.Value(state.value) for state in State}
_CAUSES: Final = {cause: resources_pb2.Link.EndCause.Value(cause.value) for cause in EndCause}


def request_link(request: service_pb2.RequestLinkRequest, call: Call) -> RequestLink:
    """Reads an invitation."""
    return RequestLink(
        order=order(request, call, call.platform),
        child_id=request.child[ACCOUNT_PREFIX:],
        account_id=request.account[ACCOUNT_PREFIX:] or None,
        phone_number=request.phone_number,
        relation=_RELATIONS_READ[request.relation],
        device_id=request.child_device_id,
    )


def confirm_link(request: service_pb2.ConfirmLinkRequest, call: Call) -> ConfirmLink:
    """Reads an answer to an invitation; InvalidRequest when a time is none."""
    declared, born = request.declaration, request.birth_date
    return ConfirmLink(
        order=order(request, call, call.platform),
        link=request.name[LINK_PREFIX:],
        proof_token=request.proof_token,
        person=Person(
            full_name=spaced(request.full_name), birth_date=BirthDate(year=born.year, month=born.month, day=born.day)
        ),
        declaration=Declaration(
            text_version=declared.text_version,
            accept_time=instant(declared.accept_time, "declaration.accept_time"),
            ward_ground=_GROUNDS_READ.get(declared.ward_ground),
        ),
    )


def approve_link(request: service_pb2.ApproveLinkRequest, call: Call) -> ByGuardian:
    """Reads an approval."""
    return ByGuardian(
        order=order(request, call, call.platform),
        link=request.name[LINK_PREFIX:],
        by=request.approving_link[LINK_PREFIX:],
    )


def decline_link(request: service_pb2.DeclineLinkRequest, call: Call) -> ByGuardian:
    """Reads a no."""
    return ByGuardian(
        order=order(request, call, call.platform),
        link=request.name[LINK_PREFIX:],
        by=request.declining_link[LINK_PREFIX:],
    )


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
