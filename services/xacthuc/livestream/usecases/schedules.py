"""Many broadcasts at once, each decided by itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import (
    AlreadyExists,
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    RequestIdReused,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar
from xacthuc.livestream.ports.broadcasts import Cleared, Kept
from xacthuc.livestream.usecases.clearing import authorize_broadcast
from xacthuc.livestream.usecases.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.usecases.clearing import Wish
    from xacthuc.livestream.usecases.livestream import Livestream
    from xacthuc.order import Order

_AT_ONCE: Final = 4
"""Fewer than there are connections, so that a schedule does not keep single broadcasts from beginning."""


async def batch_authorize(
    livestream: Livestream, order: Order, wishes: Sequence[Wish], call: Call, *, validate_only: bool
) -> list[Cleared | XacthucError]:
    """Returns for each broadcast what AuthorizeBroadcast would answer, or how it would fail.

    Each has a request id of its own, made of the batch's: what was cut off is repeated as a whole, and nothing is done
    twice. What is nobody's mistake, such as identity being down, fails the whole.
    """
    _require_each_once(wishes)

    async def one(at: int, wish: Wish) -> Cleared:
        if validate_only:
            return await _foreseen(livestream, order.platform, wish, call)
        return await authorize_broadcast(livestream, replace(order, request_id=f"{order.request_id}.{at}"), wish, call)

    slots = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(at: int, wish: Wish) -> Cleared | XacthucError:
        async with slots:
            return await _or_its_fault(lambda: one(at, wish))

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(in_turn(at, wish)) for at, wish in enumerate(wishes)]
    except BaseExceptionGroup as failed:
        # What failed first ended the others; by its own class it is told as what it is.
        raise failed.exceptions[0] from None
    answers = [task.result() for task in tasks]
    for answer in answers:
        if isinstance(answer, XacthucError) and not _is_its_own(answer):
            raise answer
    return answers


async def _or_its_fault(asked: Callable[[], Awaitable[Cleared]]) -> Cleared | XacthucError:
    try:
        return await asked()
    except XacthucError as error:
        return error


def _is_its_own(error: XacthucError) -> bool:
    """Whether what failed is the matter with one broadcast, not with the call."""
    if isinstance(error, RequestIdReused):
        return False
    return isinstance(error, (AlreadyExists, FailedPrecondition)) or error.reason is Reason.TOO_MANY_BROADCASTS


async def _foreseen(livestream: Livestream, platform: str, wish: Wish, call: Call) -> Cleared:
    """Decides as if the broadcast began now, and keeps nothing."""
    kept = await livestream.broadcasts.get(platform, wish.broadcast_id)
    on_air = await livestream.broadcasts.on_air(platform, wish.account_id, wish.broadcast_id)
    who, now = await livestream.broadcasters.ask(wish.account_id, call), livestream.clock.now()
    known = None if kept is None else kept.broadcast
    outcome = rules.authorize(known, wish.account_id, who, now, livestream.policy, selling=wish.selling, on_air=on_air)
    if isinstance(outcome, Bar):
        raise refused(outcome, livestream.policy)
    would_be = Kept(broadcast_id=wish.broadcast_id, broadcast=outcome.broadcast, declarations=0)
    return Cleared(kept=would_be, ruling=outcome.judgement.ruling, verdict=outcome.judgement.verdict, time=now)


def _require_each_once(wishes: Sequence[Wish]) -> None:
    times = Counter(wish.broadcast_id for wish in wishes)
    faults = [
        FieldFault(f"entries[{at}].broadcast_id", "must be there once in a schedule", "REPEATED")
        for at, wish in enumerate(wishes)
        if times[wish.broadcast_id] > 1
    ]
    if faults:
        raise InvalidRequest(*faults)
