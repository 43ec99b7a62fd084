"""The calls of LivestreamService: who is on air, and who sells there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call, Listing, Page, Watch
from xacthuc.client.identity.naming import name_of, stamp
from xacthuc.client.results import Broadcast
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.client.identity.decisions import JwkSet
    from xacthuc.client.results import (
        Account,
        Clearance,
        CommerceDeclaration,
        RevocationBatch,
        ScheduledBroadcast,
        ScheduleFault,
    )

SERVICE: Final = "xacthuc.api.livestream.v1.LivestreamService"
_LONGEST_PAUSE: Final = timedelta(seconds=1)
"""What has to be cut is on air meanwhile."""
_SILENCE: Final = timedelta(seconds=30)
"""Three heartbeats."""


def authorize_broadcast(
    account: Account | str, broadcast_id: str, *, commercial: bool = False, request_id: str | None = None
) -> Call[Clearance]:
    """Decides whether an account may go on air now, and gives leave to for some minutes; again, it renews a running one.

    AlreadyExists for the id of another account's broadcast; FailedPrecondition once it is over, or when it runs and
    `commercial` differs; LimitExceeded when the account is on air often enough.
    """
    request = service_pb2.AuthorizeBroadcastRequest(
        account=name_of(account),
        broadcast_id=broadcast_id,
        commercial=commercial,
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "AuthorizeBroadcast", request, resources_pb2.Clearance, reading.clearance)


def batch_authorize(
    schedule: Iterable[ScheduledBroadcast], *, validate_only: bool = False, request_id: str | None = None
) -> Call[tuple[Clearance | ScheduleFault, ...]]:
    """Does the same for up to 100 broadcasts, each by itself; `validate_only` only tells what would be answered now."""
    entry = service_pb2.BatchAuthorizeRequest.Entry
    request = service_pb2.BatchAuthorizeRequest(
        entries=[
            entry(account=name_of(each.account), broadcast_id=each.broadcast_id, commercial=each.commercial)
            for each in schedule
        ],
        validate_only=validate_only,
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "BatchAuthorize", request, service_pb2.BatchAuthorizeResponse, reading.schedule)


def renew_grant(broadcast: Broadcast | str, *, request_id: str | None = None) -> Call[Clearance]:
    """Decides anew about a running broadcast and extends the leave to be on air. FailedPrecondition when it does not run."""
    request = service_pb2.RenewGrantRequest(name=_name_of(broadcast), request_id=request_id or new_request_id())
    return Call(SERVICE, "RenewGrant", request, resources_pb2.Clearance, reading.clearance)


def declare_commercial(
    broadcast: Broadcast | str, declarations: Iterable[CommerceDeclaration], *, request_id: str | None = None
) -> Call[Clearance]:
    """Tells that something is for sale in a running broadcast, and has it decided on the spot.

    Look at `ruling`: CONTINUE, HIDE_GOODS or CUT. FailedPrecondition when the broadcast does not run.
    """
    request = service_pb2.DeclareCommercialRequest(
        name=_name_of(broadcast),
        declarations=[
            resources_pb2.Declaration(
                kind=resources_pb2.Declaration.Kind.ValueType(each.kind),
                product_id=each.product_id,
                show_time=stamp(each.show_time, "show_time"),
            )
            for each in declarations
        ],
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "DeclareCommercial", request, resources_pb2.Clearance, reading.clearance)


def end_broadcast(
    broadcast: Broadcast | str, *, end_time: datetime | None = None, request_id: str | None = None
) -> Call[Broadcast]:
    """Ends a broadcast, or tells when one that had to be cut went off air; without a time, now."""
    request = service_pb2.EndBroadcastRequest(
        name=_name_of(broadcast),
        end_time=None if end_time is None else stamp(end_time, "end_time"),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "EndBroadcast", request, resources_pb2.Broadcast, reading.broadcast)


def get_broadcast(broadcast: Broadcast | str) -> Call[Broadcast]:
    """Returns a broadcast. NotFound when it was never asked for."""
    request = service_pb2.GetBroadcastRequest(name=_name_of(broadcast))
    return Call(SERVICE, "GetBroadcast", request, resources_pb2.Broadcast, reading.broadcast)


def list_broadcasts(*, page_size: int = 1000) -> Listing[Broadcast]:
    """Yields the platform's broadcasts that may be on air, by id."""

    def page(token: str) -> Call[Page[Broadcast]]:
        request = service_pb2.ListBroadcastsRequest(page_size=page_size, page_token=token)
        return Call(SERVICE, "ListBroadcasts", request, service_pb2.ListBroadcastsResponse, reading.broadcasts)

    return Listing(page)


def get_watch_cursor() -> Call[str]:
    """Returns the cursor of this moment: every revocation from now on is told behind it.

    Take it before `list_broadcasts`, and watch from it afterwards: nothing falls in between.
    """
    request = service_pb2.ListBroadcastsRequest(page_size=1)
    return Call(SERVICE, "ListBroadcasts", request, service_pb2.ListBroadcastsResponse, lambda page: page.watch_cursor)


def watch_revocations(cursor: str = "") -> Watch[RevocationBatch]:
    """Yields batches of broadcasts that may not go on as they were, for ever, in order for each, at least once.

    Deal with a batch, keep its cursor, and begin with that the next time. A batch without revocations comes every ten
    seconds; where none came for half a minute, it connects anew. Every error is outlasted, with pauses of up to a second,
    but OutOfRange, when what is behind the cursor is gone (take `get_watch_cursor`, list the broadcasts, and watch from
    it), and what says that the key or the cursor is wrong.
    """

    def call(behind: str) -> Call[RevocationBatch]:
        request = service_pb2.WatchRevocationsRequest(cursor=behind)
        return Call(
            SERVICE, "WatchRevocations", request, service_pb2.WatchRevocationsResponse, reading.revocation_batch
        )

    return Watch(call, cursor, lambda batch: batch.cursor, longest_pause=_LONGEST_PAUSE, silence=_SILENCE, lasting=True)


def get_jwks() -> Call[JwkSet]:
    """Returns the keys of grants as a JWK Set (RFC 7517): `GrantVerifier(xacthuc.livestream.get_jwks, ...)`."""
    return Call(SERVICE, "GetJwks", service_pb2.GetJwksRequest(), identity_pb2.Jwks, reading.jwks)


def _name_of(broadcast: Broadcast | str) -> str:
    if isinstance(broadcast, Broadcast):
        return broadcast.name
    return broadcast if "/" in broadcast else f"broadcasts/{broadcast}"
