"""What officers ask, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call


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
