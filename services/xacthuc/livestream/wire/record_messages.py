"""What is on record of broadcasts, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import admin_pb2 as pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.grpckit.reading import optional_timestamp, timestamp
from xacthuc.livestream.ports.broadcasts import Cause
from xacthuc.livestream.ports.records import Place, Wanted
from xacthuc.livestream.wire.broadcast_messages import broadcast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.ports.exports import ApprovedExport
    from xacthuc.livestream.ports.records import Record, Ruled

_OCCASIONS: Final = {cause: pb2.BroadcastRecord.Ruled.Occasion.Value(cause.value) for cause in Cause}
_REASONS: Final = dict(identity_pb2.Decision.Reason.items())


class LookedAt(TypedDict):
    """Who looks at what."""

    platform: str
    subject: str
    method: str
    actor: str
    trace_id: str


def looked_at(request: Message, call: Call) -> LookedAt:
    """Reads what somebody is about to be shown."""
    platform, subject = parts(getattr(request, "name", "") or getattr(request, "parent", ""))
    return LookedAt(
        platform=platform,
        subject=subject,
        method=call.method.rpartition("/")[2],
        actor=call.actor,
        trace_id=call.trace.trace_id_hex,
    )


def parts(name: str) -> tuple[str, str]:
    """Reads the platform and the last id of a name; the contract's pattern has checked it."""
    _, platform, _, last = name.split("/")
    return platform, last


def place(token: str) -> Place:
    """Reads where a page begins; the contract's pattern has checked it."""
    broadcast_id, *read = token.split(":")
    return Place(broadcast_id, *map(int, read))


def wanted(request: pb2.ListBroadcastRecordsRequest) -> Wanted:
    """Reads what an officer asks to see of an account."""
    platform, account_id = parts(request.parent)
    return Wanted(
        platform=platform,
        account_id=account_id,
        behind=place(request.page_token),
        most=size_of(request),
        evidence=request.view != pb2.ListBroadcastRecordsRequest.BASIC,
    )


def approved_page(approved: ApprovedExport, request: pb2.ExportBroadcastRecordsRequest) -> Wanted:
    """Reads what is exported: nothing that two people cannot have had before them when they agreed."""
    return Wanted(
        platform=approved.platform,
        account_id=approved.account_id,
        behind=place(request.page_token),
        most=size_of(request),
        until=approved.decide_time,
    )


def part(kept: Record, following: Place | None) -> pb2.BroadcastRecord:
    """Renders a part of what is on record of a broadcast."""
    message = record(kept)
    message.next_page_token = _token(following)
    return message


def record(kept: Record) -> pb2.BroadcastRecord:
    """Renders what is on record of a broadcast."""
    return pb2.BroadcastRecord(
        ruling_count=kept.decided,
        broadcast=broadcast(kept.kept),
        rulings=map(_ruled, kept.rulings),
        declarations=[
            pb2.BroadcastRecord.Declared(
                declaration=resources_pb2.Declaration(
                    kind=resources_pb2.Declaration.Kind.Value(declared.kind.value),
                    product_id=declared.product_id,
                    show_time=timestamp(declared.show_time),
                ),
                declare_time=timestamp(time),
            )
            for declared, time in kept.declarations
        ],
    )


def records(page: Iterable[Record], following: Place | None) -> pb2.ListBroadcastRecordsResponse:
    """Renders a page."""
    return pb2.ListBroadcastRecordsResponse(records=map(record, page), next_page_token=_token(following))


def export(
    approved: ApprovedExport, page: Iterable[Record], following: Place | None
) -> pb2.ExportBroadcastRecordsResponse:
    """Renders a page of an export."""
    return pb2.ExportBroadcastRecordsResponse(
        account=f"platforms/{approved.platform}/accounts/{approved.account_id}",
        basis=approved.basis,
        proposer=approved.proposer,
        decider=approved.decider,
        decide_time=timestamp(approved.decide_time),
        records=map(record, page),
        next_page_token=_token(following),
    )


def _token(following: Place | None) -> str:
    if following is None:
        return ""
    read = (following.decisions, following.declarations) if following.within else ()
    return ":".join(map(str, (following.broadcast_id, *read)))


def _ruled(kept: Ruled) -> pb2.BroadcastRecord.Ruled:
    return pb2.BroadcastRecord.Ruled(
        decide_time=timestamp(kept.time),
        occasion=_OCCASIONS[kept.cause],
        ruling=resources_pb2.Ruling.Value(kept.ruling.value),
        commerce=resources_pb2.Broadcast.Commerce.Value(kept.commerce.value),
        reason=_REASONS.get(kept.reason, 0),  # type: ignore[arg-type]  # an open enum: a newer process may know more
        legal_basis=kept.legal_basis,
        policy_version=kept.policy_version,
        personal_id_time=optional_timestamp(kept.personal_id_time),
        personal_id_source=kept.personal_id_source,
    )
