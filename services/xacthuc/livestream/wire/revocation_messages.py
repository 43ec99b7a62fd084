"""Revocations, as watchers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.watching import RenderedOnce

if TYPE_CHECKING:
    from xacthuc.livestream.domain.revocations import Revocation
    from xacthuc.livestream.ports.revocations import RevocationBatch

_CAUSES: Final = dict(resources_pb2.Revocation.Cause.items())
_REASONS: Final = dict(identity_pb2.Decision.Reason.items())


def renderer() -> RenderedOnce[RevocationBatch]:
    """Returns what renders batches."""
    return RenderedOnce(_response)


def _response(batch: RevocationBatch, cursor: str) -> service_pb2.WatchRevocationsResponse:
    return service_pb2.WatchRevocationsResponse(revocations=map(revocation, batch.events), cursor=cursor)


def revocation(told: Revocation) -> resources_pb2.Revocation:
    """Renders one. A newer process beside this one may have written words that are not known here yet."""
    message = resources_pb2.Revocation(
        name=f"revocations/{told.revocation_id}",
        broadcast=f"broadcasts/{told.broadcast_id}",
        account=f"accounts/{told.account_id}",
        ruling=resources_pb2.Ruling.Value(told.ruling),
        cause=_CAUSES[told.cause] if told.cause else 0,  # type: ignore[arg-type]  # an open enum on the wire
        reason=_REASONS.get(told.reason, 0),  # type: ignore[arg-type]  # likewise
        legal_basis=told.legal_basis,
    )
    message.occur_time.FromDatetime(told.time)
    return message
