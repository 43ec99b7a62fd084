"""What officers ask, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from xacthuc.api.guardian.v1 import admin_pb2 as pb2
from xacthuc.grpckit.reading import optional_timestamp, timestamp
from xacthuc.guardian.domain.disputes import DisputeCause, DisputeState
from xacthuc.guardian.wire import link_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.domain.disputes import Dispute
    from xacthuc.guardian.ports.disputes import LinkHistory

_CAUSES: Final = {cause: pb2.Dispute.Cause.Value(cause.value) for cause in DisputeCause}
CAUSES_READ: Final = {number: cause for cause, number in _CAUSES.items()}
_STATES: Final = {state: pb2.Dispute.State.Value(state.value) for state in DisputeState}
_OPERATOR: Final = "operator:"


class LookedAt(TypedDict):
    """Who looks at what."""

    platform: str
    subject: str
    method: str
    actor: str
    trace_id: str


def looked_at(request: Message, call: Call) -> LookedAt:
    """Reads what somebody is about to be shown: `platforms/{platform}`, with or without something of it."""
    name: str = getattr(request, "name", "") or getattr(request, "parent", "")
    _, platform, *rest = name.split("/")
    return LookedAt(
        platform=platform,
        subject=rest[-1] if rest else "all",
        method=call.method.rpartition("/")[2],
        actor=call.actor,
        trace_id=call.trace.trace_id_hex,
    )


def parts(name: str) -> tuple[str, str]:
    """Reads the platform and the last id of a name; the contract's pattern has checked it."""
    _, platform, *rest = name.split("/")
    return platform, rest[-1] if rest else ""


def dispute(kept: Dispute) -> pb2.Dispute:
    """Renders a dispute."""
    return pb2.Dispute(
        name=f"platforms/{kept.platform}/disputes/{kept.dispute_id}",
        link=f"links/{kept.link}",
        child=f"accounts/{kept.child}",
        cause=_CAUSES[kept.cause],
        state=_STATES[kept.state],
        basis=kept.basis,
        resolver=f"operators/{kept.resolver.removeprefix(_OPERATOR)}" if kept.resolver else "",
        resolve_basis=kept.resolve_basis,
        create_time=timestamp(kept.create_time),
        resolve_time=optional_timestamp(kept.resolve_time),
    )


def disputes(page: Sequence[Dispute], following: int | None) -> pb2.ListDisputesResponse:
    """Renders a page of disputes."""
    return pb2.ListDisputesResponse(disputes=[dispute(each) for each in page], next_page_token=_token(following))


def histories(page: Sequence[LinkHistory], following: int | None) -> pb2.ListLinkHistoriesResponse:
    """Renders a page of links with their histories."""
    return pb2.ListLinkHistoriesResponse(histories=[_history(each) for each in page], next_page_token=_token(following))


def _history(kept: LinkHistory) -> pb2.LinkHistory:
    return pb2.LinkHistory(
        link=link_messages.link(kept.link),
        changes=[
            pb2.LinkHistory.Change(
                change_time=timestamp(each.change_time), state=link_messages.STATES[each.state], actor=each.actor
            )
            for each in kept.changes
        ],
    )


def _token(following: int | None) -> str:
    return "" if following is None else str(following)
