"""What a step writes: the broadcast, what was decided and declared, the trail, and what watchers are told. One commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.events import EventKind
from xacthuc.livestream.adapters.rows import Found
from xacthuc.livestream.adapters.tables import decisions, declarations, outbox, trail
from xacthuc.livestream.domain.broadcast import Commerce, State
from xacthuc.livestream.ports.broadcasts import Cause, Kept
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.livestream.domain.broadcast import Broadcast, Outcome
    from xacthuc.livestream.ports.broadcasts import Step
    from xacthuc.order import Order
    from xacthuc.sql.columns import Json

_TOLD: Final = {EventKind.GOODS_HIDDEN: Tag.GOODS_HIDDEN, EventKind.BROADCAST_REVOKED: Tag.BROADCAST_REVOKED}


async def write(
    connection: AsyncConnection, order: Order, found: Found | None, step: Step, outcome: Outcome, *, now: datetime
) -> Kept | None:
    """Writes what follows from a step on a broadcast that is locked; None when another call has just made it."""
    before = None if found is None else found.kept.broadcast
    noted = _is_noted(before, outcome.broadcast, step.cause)
    written = 0 if found is None else found.kept.declarations
    kept = Kept(broadcast_id=step.broadcast_id, broadcast=outcome.broadcast, declarations=written + len(step.declared))
    after = Found(kept, (0 if found is None else found.decisions) + noted)
    if found is None:
        if not await rows.insert_new(connection, order.platform, after):
            return None
    else:
        await rows.change(connection, order.platform, after)
    if noted:
        await _decided(connection, order.platform, after.decisions, step, outcome, now=now)
    await _declared(connection, order.platform, written, step, now)
    told = _told(before, outcome.broadcast)
    detail = _detail(step, outcome)
    asked = _asked(step.cause, before, outcome.broadcast) if noted else None
    tags = [*([asked] if asked else []), *(_TOLD[kind] for kind in told if kind in _TOLD)]
    await trail.write(connection, [entry(order, tag, step.broadcast_id, now, detail) for tag in tags])
    events = [
        Event(platform=order.platform, subject=step.broadcast_id, kind=kind, time=now, detail=detail) for kind in told
    ]
    await outbox.append(connection, events)
    return kept


def entry(order: Order, tag: Tag, broadcast_id: str, now: datetime, detail: Json) -> Entry:
    """Returns a line of the trail about a broadcast."""
    return Entry(
        tag=tag,
        time=now,
        platform=order.platform,
        subject=broadcast_id,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail=detail,
    )


def _is_noted(before: Broadcast | None, after: Broadcast, cause: Cause) -> bool:
    """Whether a decision goes on record: one that leaves a running broadcast as it was does not, unless it was declared."""
    if cause is Cause.DECLARE or before is None or before.state is not State.LIVE:
        return True
    return (before.state, before.commerce) != (after.state, after.commerce)


def _told(before: Broadcast | None, after: Broadcast) -> list[EventKind]:
    """Returns what must not go on of what ran before."""
    if before is None or before.state is not State.LIVE:
        return []
    if after.state is State.REVOKED:
        return [EventKind.BROADCAST_REVOKED]
    hidden = after.commerce is Commerce.HIDDEN and before.commerce is not Commerce.HIDDEN
    return [EventKind.GOODS_HIDDEN] if hidden else []


def _asked(cause: Cause, before: Broadcast | None, after: Broadcast) -> Tag | None:
    """Returns what was asked for and decided; what runs on, or is cut, was not authorized by it."""
    if cause is Cause.DECLARE:
        return Tag.BROADCAST_DECLARED
    if cause is not Cause.AUTHORIZE or (before is not None and before.state is State.LIVE):
        return None
    return Tag.BROADCAST_REFUSED if after.state is State.REFUSED else Tag.BROADCAST_AUTHORIZED


def _detail(step: Step, outcome: Outcome) -> Json:
    verdict = outcome.judgement.verdict
    return {
        "account": step.account_id,
        "cause": step.cause,
        "ruling": outcome.judgement.ruling,
        "commerce": outcome.broadcast.commerce,
        "reason": verdict.reason,
        "legal_basis": verdict.legal_basis,
        "policy_version": verdict.policy_version,
    }


async def _decided(
    connection: AsyncConnection, platform: str, number: int, step: Step, outcome: Outcome, *, now: datetime
) -> None:
    ruling, verdict = outcome.judgement
    await connection.execute(
        insert(decisions).values(
            platform=platform,
            broadcast=step.broadcast_id,
            number=number,
            account=step.account_id,
            cause=step.cause,
            ruling=ruling,
            commerce=outcome.broadcast.commerce,
            reason=verdict.reason,
            legal_basis=verdict.legal_basis,
            policy_version=verdict.policy_version,
            personal_id_time=step.who.personal_id_time,
            personal_id_source=step.who.personal_id_source,
            time=now,
        )
    )


async def _declared(connection: AsyncConnection, platform: str, written: int, step: Step, now: datetime) -> None:
    if step.declared:
        await connection.execute(
            insert(declarations),
            [
                {
                    "platform": platform,
                    "broadcast": step.broadcast_id,
                    "number": number,
                    "kind": each.kind,
                    "product_id": each.product_id,
                    "show_time": each.show_time,
                    "time": now,
                }
                for number, each in enumerate(step.declared, written + 1)
            ],
        )
