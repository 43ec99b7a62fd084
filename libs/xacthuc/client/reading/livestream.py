"""Messages of LivestreamService → results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.client.calls import Page
from xacthuc.client.enums import DecisionReason
from xacthuc.client.livestream_enums import (
    BroadcastCommerce,
    BroadcastEnd,
    BroadcastState,
    RevocationCause,
    Ruling,
)
from xacthuc.client.reading.common import instant, optional
from xacthuc.client.reading.identity import decision
from xacthuc.client.results.livestream import (
    Broadcast,
    Clearance,
    Grant,
    Revocation,
    RevocationBatch,
    ScheduleFault,
)

if TYPE_CHECKING:
    from xacthuc.api.livestream.v1 import resources_pb2 as livestream
    from xacthuc.api.livestream.v1 import service_pb2 as service


def broadcast(message: livestream.Broadcast) -> Broadcast:
    """Returns a broadcast."""
    return Broadcast(
        name=message.name,
        account=message.account,
        state=BroadcastState(message.state),
        commerce=BroadcastCommerce(message.commerce),
        create_time=instant(message.create_time),
        authorize_time=optional(message, "authorize_time"),
        close_time=optional(message, "close_time"),
        revoke_time=optional(message, "revoke_time"),
        end_time=optional(message, "end_time"),
        end_reason=BroadcastEnd(message.end_reason) if message.end_reason else None,
        declaration_count=message.declaration_count,
    )


def broadcasts(message: service.ListBroadcastsResponse) -> Page[Broadcast]:
    """Returns a page of broadcasts."""
    return Page(tuple(broadcast(each) for each in message.broadcasts), message.next_page_token)


def clearance(message: livestream.Clearance) -> Clearance:
    """Returns what was decided."""
    return Clearance(
        broadcast=broadcast(message.broadcast),
        ruling=Ruling(message.ruling),
        decision=decision(message.decision),
        grant=_grant(message.grant) if message.HasField("grant") else None,
    )


def schedule(message: service.BatchAuthorizeResponse) -> tuple[Clearance | ScheduleFault, ...]:
    """Returns what became of each broadcast of a schedule."""
    return tuple(
        clearance(each.clearance)
        if each.HasField("clearance")
        else ScheduleFault(reason=each.fault.reason, description=each.fault.description)
        for each in message.results
    )


def revocation_batch(message: service.WatchRevocationsResponse) -> RevocationBatch:
    """Returns what must not go on, and the cursor behind it."""
    return RevocationBatch(revocations=tuple(_revocation(each) for each in message.revocations), cursor=message.cursor)


def _grant(message: livestream.Grant) -> Grant:
    return Grant(
        token=message.token,
        expire_time=instant(message.expire_time),
        renew_time=instant(message.renew_time),
        commercial=message.commercial,
    )


def _revocation(message: livestream.Revocation) -> Revocation:
    return Revocation(
        name=message.name,
        broadcast=message.broadcast,
        account=message.account,
        ruling=Ruling(message.ruling),
        cause=RevocationCause(message.cause),
        reason=DecisionReason(message.reason) if message.reason else None,
        legal_basis=message.legal_basis,
        occur_time=instant(message.occur_time),
    )
