"""What became of codes and whom the workers would ask, as operators are answered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration

from xacthuc.api.otp.v1 import admin_pb2
from xacthuc.policy.vocabulary import ChoiceMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.otp.delivery.domain.choice import Share
    from xacthuc.otp.delivery.domain.figures import Figures, Place
    from xacthuc.policy.sending import Choice

_USUAL_HOURS: Final = 24
_P95: Final = 0.95


def hours(request: admin_pb2.ListDeliveryFiguresRequest) -> int:
    """Reads how many whole hours are asked for."""
    return request.window.seconds // 3600 if request.HasField("window") else _USUAL_HOURS


def figures(found: Mapping[Place, Figures]) -> admin_pb2.ListDeliveryFiguresResponse:
    """Renders the figures of every place, most sent first."""
    ordered = sorted(found.items(), key=lambda row: (-row[1].sent, row[0]))
    return admin_pb2.ListDeliveryFiguresResponse(figures=[_row(place, of) for place, of in ordered])


def choice(shares: Sequence[Share], terms: Choice) -> admin_pb2.ExplainChoiceResponse:
    """Renders how often each provider would be asked, most often first."""
    return admin_pb2.ExplainChoiceResponse(
        candidates=[
            admin_pb2.ExplainChoiceResponse.Candidate(
                provider=share.candidate.provider,
                share_percent=share.percent,
                expected_conversion=share.candidate.belief.mean,
                cost_vnd=share.candidate.cost_vnd,
                explanation=share.why,
            )
            for share in shares
        ],
        sampled=terms.method is ChoiceMethod.SAMPLED,
    )


def _row(place: Place, of: Figures) -> admin_pb2.DeliveryFigures:
    return admin_pb2.DeliveryFigures(
        provider=place.provider,
        operator=place.operator,
        channel=place.channel,  # type: ignore[arg-type]  # an open enum on the wire
        sent_count=of.sent,
        delivered_count=of.delivered,
        failed_count=of.failed,
        verified_count=of.verified,
        mean_delivery_duration=_duration(of.mean_ms),
        p95_delivery_duration=_duration(of.within_ms(_P95)),
        cost_vnd=of.cost_vnd,
    )


def _duration(milliseconds: float | None) -> Duration | None:
    if milliseconds is None:
        return None
    duration = Duration()
    duration.FromTimedelta(timedelta(milliseconds=round(milliseconds)))
    return duration
