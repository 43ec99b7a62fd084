"""Retention and legal holds, as operators ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2
from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.identity.domain.retention import Cause
from xacthuc.identity.ports.retention import Held, HoldOrder
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, optional_timestamp, order, spaced, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.duties import Duty
    from xacthuc.identity.domain.retention import Figure
    from xacthuc.identity.ports.retention import Acknowledgement, Erasure, HoldView, OwedErasure, Placed
    from xacthuc.policy import Policy

_CAUSES: Final = {cause: pb2.ErasureEvidence.Erasure.Cause.Value(cause.value) for cause in Cause}
_PLATFORM_PREFIX: Final = len("platforms/")


def platform_of(name: str) -> str:
    """Returns the id in `platforms/{platform}` and in whatever begins with it."""
    return name[_PLATFORM_PREFIX:].partition("/")[0]


def last_of(name: str) -> str:
    """Returns the last id of a name."""
    return name.rpartition("/")[2]


def place_hold(request: pb2.PlaceHoldRequest, call: Call) -> tuple[Order, HoldOrder]:
    """Reads what is to be held, and by whose order."""
    return order(request, call, platform_of(request.parent)), HoldOrder(
        authority=spaced(request.authority),
        legal_basis=spaced(request.legal_basis),
        reference=spaced(request.reference),
        review_time=instant(request.review_time, "review_time"),
    )


def owed_erasure(owed: OwedErasure) -> internal_pb2.OwedErasure:
    """Renders an erasure that waits for a service's word."""
    return internal_pb2.OwedErasure(
        platform=f"platforms/{owed.platform}",
        account=f"accounts/{owed.account_id}",
        erased=owed.erased,
        purge_time=optional_timestamp(owed.purge_time),
    )


def held_after(request: internal_pb2.ListHeldAccountsRequest) -> Held:
    """Reads behind which account the page begins."""
    return Held(*account_of(request.page_token)) if request.page_token else Held("", "")


def held_accounts(found: Sequence[Held], limit: int) -> internal_pb2.ListHeldAccountsResponse:
    """Renders a page of accounts that a hold stands on, of which there may be one more."""
    names = [f"platforms/{each.platform}/accounts/{each.account_id}" for each in found[:limit]]
    return internal_pb2.ListHeldAccountsResponse(
        accounts=names, next_page_token=names[-1] if len(found) > limit else ""
    )


def accounts(names: Sequence[str]) -> list[str]:
    """Reads accounts, each once."""
    return sorted({name[ACCOUNT_PREFIX:] for name in names})


def hold(view: HoldView) -> pb2.Hold:
    """Renders a hold."""
    return pb2.Hold(
        name=f"platforms/{view.platform}/holds/{view.hold_id}",
        authority=view.order.authority,
        legal_basis=view.order.legal_basis,
        reference=view.order.reference,
        review_time=timestamp(view.order.review_time),
        account_count=view.accounts,
        place_time=timestamp(view.place_time),
        place_actor=view.place_actor,
        release_time=optional_timestamp(view.release_time),
        release_basis=view.release_basis,
        release_actor=view.release_actor,
    )


def placed(answer: Placed) -> pb2.PlaceHoldResponse:
    """Renders a hold, with the accounts that it could not take."""
    return pb2.PlaceHoldResponse(
        hold=hold(answer.hold), not_held=[f"accounts/{account_id}" for account_id in answer.not_held]
    )


def account_of(name: str) -> tuple[str, str]:
    """Returns the ids in `platforms/{platform}/accounts/{account}`."""
    _, platform, _, account_id = name.split("/")
    return platform, account_id


def keep_until(request: internal_pb2.AcknowledgeErasureRequest) -> datetime | None:
    """Reads until when a service keeps the rest."""
    return instant(request.keep_until_time, "keep_until_time") if request.HasField("keep_until_time") else None


def acknowledgement(said: Acknowledgement) -> resources_pb2.ErasureAcknowledgement:
    """Renders another service's word."""
    return resources_pb2.ErasureAcknowledgement(
        service=said.service,
        due_time=timestamp(said.due_time),
        acknowledge_time=optional_timestamp(said.acknowledge_time),
        keep_until_time=optional_timestamp(said.keep_until),
    )


def evidence(name: str, erasures: Sequence[Erasure], statement: str) -> pb2.ErasureEvidence:
    """Renders what is on record of an account's erasures."""
    return pb2.ErasureEvidence(
        name=name,
        erasures=[
            pb2.ErasureEvidence.Erasure(
                cause=_CAUSES[each.cause],
                want_time=timestamp(each.want_time),
                seal_time=optional_timestamp(each.seal_time),
                key_destroy_time=optional_timestamp(each.key_time),
                due_time=optional_timestamp(each.due_time),
                end_time=optional_timestamp(each.end_time),
                destroyed_row_counts=each.destroyed,
                acknowledgements=[acknowledgement(said) for said in each.acknowledgements],
                complete_time=optional_timestamp(each.complete_time),
            )
            for each in erasures
        ],
        statement=statement,
    )


def status(figures: Sequence[Figure], overdue: Mapping[Duty, int], policy: Policy) -> pb2.ListRetentionFiguresResponse:
    """Renders how retention stands, each figure with its citation."""
    return pb2.ListRetentionFiguresResponse(
        kinds=[
            pb2.ListRetentionFiguresResponse.Kind(
                data=figure.rule.data.value,
                tables=figure.rule.tables,
                starts=figure.rule.starts,
                kept=str(figure.rule.term),
                figure=figure.rule.figure,
                legal_basis=policy.sources[figure.rule.figure].citation,
                late_row_count=figure.late,
                held_row_count=figure.held,
            )
            for figure in figures
        ],
        duties=[
            pb2.ListRetentionFiguresResponse.Duty(duty=duty.value, overdue_count=number)
            for duty, number in overdue.items()
        ],
    )
