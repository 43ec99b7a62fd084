"""What guardians allow of a child, and what they are shown of it (R19)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.domain.activity import from_the_future, kept_from, worth_keeping
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.supervision import NEVER_ALLOWED, changed
from xacthuc.guardian.ports.links import Disputed, WrongState
from xacthuc.guardian.ports.supervision import Widening
from xacthuc.guardian.usecases import reads
from xacthuc.guardian.usecases.refusals import disputed, wrong_state
from xacthuc.guardian.usecases.standing import require_standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.domain.activity import Activity
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.domain.supervision import Change
    from xacthuc.guardian.ports.activity import ActivityPage
    from xacthuc.guardian.ports.supervision import Supervised
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.order import Order


async def update_supervision(guardian: Guardian, order: Order, link: str, change: Change) -> Supervised:
    """Changes what a child may do; identity hears of it at once, and surely."""
    if change.actions is not None and change.actions & NEVER_ALLOWED:
        raise InvalidRequest(
            FieldFault(
                "supervision.allowed_actions",
                "must leave out READ, which is free, and LIVESTREAM_COMMERCE, which no child may do",
                "NOT_FOR_CHILDREN",
            )
        )
    becomes, now = partial(changed, change=change), guardian.clock.now()
    done = await guardian.carry_out(guardian.supervisions.change(order, link, becomes, now, may_widen=False))
    if isinstance(done, Widening):  # what narrows is not asked: it waits for no identity
        await require_standing(guardian, order.platform, await _answering(guardian, order.platform, link))
        done = await guardian.carry_out(guardian.supervisions.change(order, link, becomes, now, may_widen=True))
    return _changed(done)


def _changed(done: Supervised | WrongState | Disputed | Widening) -> Supervised:
    if isinstance(done, Widening):
        raise TypeError("a change that may widen does")
    if isinstance(done, WrongState):
        raise wrong_state(done.state)
    if isinstance(done, Disputed):
        raise disputed(done)
    return done


async def get_supervision(guardian: Guardian, platform: str, child: str) -> Supervised:
    """Returns what a child may do."""
    kept = await guardian.supervisions.get(platform, child)
    if kept is None:
        raise NotFound(Reason.LINK_NOT_FOUND, "nobody has answered for this account; request a link first")
    return kept


async def record_activity(guardian: Guardian, order: Order, child: str, told: Sequence[Activity]) -> int:
    """Keeps which things a child published, and when; returns how many were new."""
    now = guardian.clock.now()
    if early := list(from_the_future(told, now)):
        raise InvalidRequest(
            *(FieldFault(f"activities[{at}].occur_time", "must not be in the future", "IN_FUTURE") for at in early)
        )
    kept = worth_keeping(told, now, guardian.policy)
    return await guardian.carry_out(guardian.activities.record(order, child, kept, now))


async def list_activity(guardian: Guardian, call: Call, link: str, after: str, limit: int) -> ActivityPage:
    """Shows a guardian what the child published, for as long as the guardian answers for it; the trail says so first."""
    platform = call.platform
    child = (await _answering(guardian, platform, link)).child_id
    await guardian.lives.look(platform, child)  # a look that is late shows nobody what a grown-up published
    await require_standing(guardian, platform, await _answering(guardian, platform, link))
    await reads.note_shown(guardian, call, child, link)
    since = kept_from(guardian.clock.now(), guardian.policy)
    return await guardian.activities.page(platform, child, since=since, after=after, limit=limit)


async def _answering(guardian: Guardian, platform: str, link: str) -> Link:
    """Returns a link by which somebody answers for a child now; NotFound, or FailedPrecondition for any other."""
    kept = await guardian.links.get(platform, link)
    if kept is None or kept.state is not State.ACTIVE:
        raise wrong_state(None if kept is None else kept.standing(guardian.clock.now()))
    return kept
