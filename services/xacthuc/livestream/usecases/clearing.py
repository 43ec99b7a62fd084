"""Deciding about broadcasts: before they begin, when they are renewed, and when something is for sale."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar
from xacthuc.livestream.ports.broadcasts import Cause, Cleared, Prepared, Step, Unsettled
from xacthuc.livestream.usecases.refusals import never_at_rest, not_found, refused
from xacthuc.policy import Ruling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.domain.broadcast import Broadcast, Outcome
    from xacthuc.livestream.domain.broadcaster import Broadcaster
    from xacthuc.livestream.ports.broadcasts import Declared
    from xacthuc.livestream.usecases.livestream import Livestream
    from xacthuc.order import Order

CLOCK_LEEWAY: Final = timedelta(seconds=5)
"""How far a platform's clock may be ahead of ours, or behind what it did itself."""

_TRIES: Final = 4
"""How often an account may change while it is decided about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A broadcast that is to begin."""

    account_id: str = field(repr=False)
    broadcast_id: str
    selling: bool


async def authorize_broadcast(livestream: Livestream, order: Order, wish: Wish, call: Call) -> Cleared:
    """Decides whether a broadcast may begin (R3); a running one is renewed."""

    def step(prepared: Prepared, who: Broadcaster) -> Step:
        def decide(known: Broadcast | None, on_air: int, now: datetime) -> Outcome | Bar:
            return rules.authorize(
                known, wish.account_id, who, now, livestream.policy, selling=wish.selling, on_air=on_air
            )

        return Step(
            cause=Cause.AUTHORIZE,
            broadcast_id=wish.broadcast_id,
            account_id=prepared.account_id,
            heard=prepared.heard,
            who=who,
            decide=decide,
        )

    return await _settled(livestream, order, lambda: livestream.broadcasts.prepare(order, wish.account_id), step, call)


async def renew_grant(livestream: Livestream, order: Order, broadcast_id: str, call: Call) -> Cleared:
    """Decides anew about a running broadcast as it is."""

    def step(prepared: Prepared, who: Broadcaster) -> Step:
        def decide(known: Broadcast | None, _on_air: int, now: datetime) -> Outcome | Bar:
            return Bar.NOT_LIVE if known is None else rules.renew(known, who, now, livestream.policy)

        return Step(
            cause=Cause.RENEW,
            broadcast_id=broadcast_id,
            account_id=prepared.account_id,
            heard=prepared.heard,
            who=who,
            decide=decide,
        )

    return await _settled(
        livestream, order, lambda: livestream.broadcasts.prepare_known(order, broadcast_id), step, call
    )


async def declare_commercial(
    livestream: Livestream, order: Order, broadcast_id: str, declared: tuple[Declared, ...], call: Call
) -> Cleared:
    """Decides about a running broadcast in which something is for sale now. InvalidRequest for times that cannot be."""

    async def prepare() -> Prepared | Cleared | Bar | None:
        prepared = await livestream.broadcasts.prepare_known(order, broadcast_id)
        if isinstance(prepared, Prepared):
            _require_possible(declared, prepared.since, livestream.clock.now())
        return prepared

    def step(prepared: Prepared, who: Broadcaster) -> Step:
        def decide(known: Broadcast | None, _on_air: int, now: datetime) -> Outcome | Bar:
            if known is None:
                return Bar.NOT_LIVE
            return rules.declare(known, [each.kind for each in declared], who, now, livestream.policy)

        return Step(
            cause=Cause.DECLARE,
            broadcast_id=broadcast_id,
            account_id=prepared.account_id,
            heard=prepared.heard,
            who=who,
            decide=decide,
            declared=declared,
        )

    return await _settled(livestream, order, prepare, step, call)


async def _settled(
    livestream: Livestream,
    order: Order,
    prepare: Callable[[], Awaitable[Prepared | Cleared | Bar | None]],
    step: Callable[[Prepared, Broadcaster], Step],
    call: Call,
) -> Cleared:
    """Takes the step, and asks again for as long as something is heard of the account in between."""
    for _ in range(_TRIES):
        prepared = await prepare()
        if prepared is None:
            raise not_found()
        if isinstance(prepared, Bar):
            raise refused(prepared, livestream.policy)
        if isinstance(prepared, Cleared):
            return prepared
        who = await livestream.broadcasters.ask(prepared.account_id, call)
        settled = await livestream.shield.finish(_written(livestream, order, step(prepared, who)))
        if isinstance(settled, Bar):
            raise refused(settled, livestream.policy)
        if isinstance(settled, Cleared):
            return settled
    raise never_at_rest()


async def _written(livestream: Livestream, order: Order, step: Step) -> Cleared | Bar | Unsettled:
    settled = await livestream.broadcasts.settle(order, step, livestream.clock.now())
    if isinstance(settled, Cleared) and settled.ruling is not Ruling.CONTINUE:
        livestream.appended()  # nobody is told of what goes on
    return settled


def _require_possible(declared: tuple[Declared, ...], since: datetime | None, now: datetime) -> None:
    faults = []
    for at, each in enumerate(declared):
        place = f"declarations[{at}].show_time"
        if each.show_time > now + CLOCK_LEEWAY:
            faults.append(FieldFault(place, "must not be in the future; check the platform's clock", "IN_FUTURE"))
        elif since is not None and each.show_time < since - CLOCK_LEEWAY:
            faults.append(FieldFault(place, "must not be before the broadcast was cleared", "BEFORE_BROADCAST"))
    if faults:
        raise InvalidRequest(*faults)
