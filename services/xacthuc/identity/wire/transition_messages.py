"""Graces that are ended and given back, as the backfill service asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.identity.domain.grace import Ended, Restored
from xacthuc.identity.wire import approval_messages
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, optional_timestamp, order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.transitions import Running

_ENDED: Final = {each: internal_pb2.EndTransitionsResponse.Outcome.Value(each.value) for each in Ended}
_RESTORED: Final = {each: internal_pb2.RestoreTransitionsResponse.Outcome.Value(each.value) for each in Restored}


def asked(
    request: internal_pb2.EndTransitionsRequest | internal_pb2.RestoreTransitionsRequest, call: Call
) -> tuple[Order, str, list[str]]:
    """Reads who asks, by which approval, and about which accounts."""
    return order(request, call, call.platform), approval_messages.id_of(request.approval), named(request)


def named(
    request: internal_pb2.CountTransitionsRequest
    | internal_pb2.EndTransitionsRequest
    | internal_pb2.RestoreTransitionsRequest,
) -> list[str]:
    """Reads about which accounts."""
    return [name[ACCOUNT_PREFIX:] for name in request.names]


def running(found: Running) -> internal_pb2.CountTransitionsResponse:
    """Renders how many there are."""
    return internal_pb2.CountTransitionsResponse(
        running_count=found.accounts, last_end_time=optional_timestamp(found.last_end)
    )


def ended(became: Sequence[Ended]) -> internal_pb2.EndTransitionsResponse:
    """Renders what became of each."""
    return internal_pb2.EndTransitionsResponse(outcomes=[_ENDED[each] for each in became])


def restored(became: Sequence[Restored]) -> internal_pb2.RestoreTransitionsResponse:
    """Renders what became of each."""
    return internal_pb2.RestoreTransitionsResponse(outcomes=[_RESTORED[each] for each in became])
