"""How links come about, in PostgreSQL: each step under the lock of the child, in one commit with all that is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from xacthuc.audit.tags import Tag
from xacthuc.guardian.adapters import family_rows
from xacthuc.guardian.adapters.events import EventKind
from xacthuc.guardian.adapters.jobs import expire_job
from xacthuc.guardian.adapters.link_answers import answer, answered
from xacthuc.guardian.adapters.link_writes import activate, entry, event, hold, note_change, pass_on
from xacthuc.guardian.adapters.sql_disputes import open_dispute
from xacthuc.guardian.adapters.tables import child_devices, children, jobs, links, outbox, trail
from xacthuc.guardian.domain.disputes import Dispute, DisputeState
from xacthuc.guardian.domain.family import Act, Objection, may, objection
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.ports.links import Disputed, Invited, Limited, NotAnswering, WrongState
from xacthuc.ids import new_short_id
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.guardian.domain.disputes import DisputeCause
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.ports.links import Caps, Confirmation, Invitation
    from xacthuc.order import Order
    from xacthuc.sealing import BlindIndex
    from xacthuc.sql.columns import Json
    from xacthuc.sql.requests import SqlRequests

_MOST_DEVICES: Final = 64
"""As many as identity compares."""


class SqlInvitations:
    """The port `Invitations`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests, numbers: BlindIndex) -> None:
        """Takes the pool for calls, what recognises repetitions, and what recognises numbers."""
        self._engine = engine
        self._requests = requests
        self._numbers = numbers

    async def invite(self, order: Order, wanted: Invitation, caps: Caps, now: datetime) -> Link | Objection | Limited:
        """The same person for the same child is invited by one link for as long as it waits."""
        platform = order.platform
        async with transaction(self._engine) as connection:
            await family_rows.lock_new_child(connection, platform, wanted.child_id, now)
            if seen := await answered(connection, self._requests, order):
                return seen
            others = await family_rows.answering(connection, platform, wanted.child_id)
            if refused := objection(others, wanted.relation, wanted.account_id):
                return refused
            person = self._is_invited(platform, wanted)
            waiting = await _waiting(connection, wanted, person, now)
            if waiting is None:
                of_child = (links.c.platform == platform) & (links.c.child == wanted.child_id)
                if limited := await _limited(connection, of_child, person, caps, now):
                    return limited
                await self._insert(connection, order, wanted, now)
                link = wanted.link
            elif waiting.repeats >= caps.repeats:
                return Limited("link_repeats", waiting.expire_time - now)
            else:
                link = waiting.link
                await _repeat(connection, platform, link, wanted.expire_time, now)
            await _see_device(connection, platform, wanted, now)
            await jobs.enqueue(connection, [expire_job(platform, link, wanted.expire_time)])
            return await answer(connection, self._requests, order, link, now)

    async def invited(self, platform: str, link: str, number: str) -> Invited | None:
        """Compares keyed hashes, under every key of the ring."""
        of = links.c
        found = select(of.child, of.invited_account, of.invited_number).where(of.platform == platform, of.link == link)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(found)).one_or_none()
            if row is None:
                return None
            seen = child_devices.c
            devices = await connection.scalars(
                select(seen.device)
                .where(seen.platform == platform, seen.child == row.child)
                .order_by(seen.create_time.desc())
                .limit(_MOST_DEVICES)
            )
            fits = row.invited_number is None or self._numbers.matches(row.invited_number, platform, number)
            return Invited(row.invited_account, fits, tuple(devices))

    async def confirm(
        self, order: Order, wanted: Confirmation, now: datetime
    ) -> Link | Objection | WrongState | Limited:
        """Two who confirm at once come one after the other: the second finds the first, and is to be approved by them.

        What was contested while it was an invitation waits for the same officer.
        """
        platform, guardian_id = order.platform, wanted.guardian_id
        async with transaction(self._engine) as connection:
            await family_rows.lock_guardian(connection, platform, guardian_id)
            kept = await family_rows.lock_family(connection, platform, wanted.link)
            if seen := await answered(connection, self._requests, order):
                return seen
            if kept is None or not may(kept.standing(now), Act.CONFIRM):
                return WrongState(None if kept is None else kept.standing(now))
            others = await family_rows.answering(connection, platform, kept.child_id)
            if refused := objection(others, kept.relation, guardian_id):
                return refused
            if await family_rows.other_children(connection, platform, guardian_id, kept.child_id) >= wanted.children:
                return Objection.TOO_MANY_CHILDREN
            if await family_rows.taken_on(connection, platform, guardian_id, now) >= wanted.per_day:
                return Limited("link_confirmations")
            held = bool(wanted.suspicions or kept.dispute)
            await _declare(connection, order, kept, wanted, now, held=held)
            if held:
                await _hold(connection, order, kept, wanted.suspicions, now)
            else:
                await pass_on(connection, order, kept, now, wanted.waits)
            return await answer(connection, self._requests, order, wanted.link, now)

    async def approve(
        self, order: Order, link: str, by: str, most_children: int, now: datetime
    ) -> Link | Objection | WrongState | Disputed | NotAnswering:
        """What may have changed since the guardian confirmed is looked at again under the lock."""
        platform = order.platform
        async with transaction(self._engine) as connection:
            kept = await family_rows.lock_family(connection, platform, link)
            if seen := await answered(connection, self._requests, order):
                return seen
            if kept is None or kept.guardian_id is None or not may(kept.standing(now), Act.APPROVE):
                return WrongState(None if kept is None else kept.standing(now))
            answering = await family_rows.beside(connection, platform, by, kept)
            if answering is None:
                return NotAnswering()
            for each in (kept, answering):
                if each.dispute:
                    return Disputed(each.link, each.state)
            others = await family_rows.answering(connection, platform, kept.child_id)
            has = await family_rows.other_children(connection, platform, kept.guardian_id, kept.child_id)
            too_many = Objection.TOO_MANY_CHILDREN if has >= most_children else None
            if refused := objection(others, kept.relation, kept.guardian_id) or too_many:
                return refused
            detail: Json = {"link": link, "by": by}
            await trail.write(connection, [entry(order, Tag.LINK_APPROVED, kept.child_id, now, detail)])
            await activate(connection, order, kept, now)
            return await answer(connection, self._requests, order, link, now)

    def _is_invited(self, platform: str, wanted: Invitation) -> ColumnElement[bool]:
        of = links.c
        if wanted.number is None:
            return (of.platform == platform) & (of.invited_account == wanted.account_id)
        return (of.platform == platform) & of.invited_number.in_(self._numbers.every(platform, wanted.number))

    async def _insert(self, connection: AsyncConnection, order: Order, wanted: Invitation, now: datetime) -> None:
        platform, link, number = order.platform, wanted.link, wanted.number
        await connection.execute(
            insert(links).values(
                platform=platform,
                link=link,
                child=wanted.child_id,
                invited_account=wanted.account_id,
                invited_number=None if number is None else self._numbers.of(platform, number),
                relation=wanted.relation,
                state=State.INVITED,
                expire_time=wanted.expire_time,
                create_time=now,
                update_time=now,
            )
        )
        await note_change(connection, order, link, State.INVITED, now)
        way = "account" if number is None else "number"
        detail: Json = {"link": link, "relation": wanted.relation.value, "by": way}
        await trail.write(connection, [entry(order, Tag.LINK_INVITED, wanted.child_id, now, detail)])
        await outbox.append(connection, [event(order, EventKind.LINK_INVITED, wanted.child_id, now, {"link": link})])


async def _declare(
    connection: AsyncConnection, order: Order, kept: Link, wanted: Confirmation, now: datetime, *, held: bool
) -> None:
    """Keeps who takes the child on and what was declared, and what the child may do before anybody says otherwise."""
    platform, declaration = order.platform, wanted.declaration
    await connection.execute(
        update(links)
        .where(links.c.platform == platform, links.c.link == kept.link)
        .values(
            guardian=wanted.guardian_id,
            text_version=declaration.text_version,
            accept_time=declaration.accept_time,
            ward_ground=declaration.ward_ground,
            confirm_time=now,
        )
    )
    beginning, of = wanted.beginning, children.c
    await connection.execute(
        update(children)
        .where(of.platform == platform, of.child == kept.child_id, of.version == 0)
        .values(
            suspended=beginning.suspended,
            actions=sorted(beginning.actions),
            quiet_from=beginning.quiet.start,
            quiet_to=beginning.quiet.end,
        )
    )
    detail: Json = {
        "link": kept.link,
        "relation": kept.relation.value,
        "text_version": declaration.text_version,
        "ward_ground": declaration.ward_ground,
        "held": held,
    }
    await trail.write(connection, [entry(order, Tag.LINK_CONFIRMED, kept.child_id, now, detail)])


async def _waiting(connection: AsyncConnection, wanted: Invitation, person: ColumnElement[bool], now: datetime) -> Any:
    of = links.c
    found = select(of.link, of.repeats, of.expire_time).where(
        person,
        of.child == wanted.child_id,
        of.relation == wanted.relation,
        of.state == State.INVITED,
        of.expire_time > now,
    )
    return (await connection.execute(found.limit(1))).one_or_none()


async def _limited(
    connection: AsyncConnection, of_child: ColumnElement[bool], person: ColumnElement[bool], caps: Caps, now: datetime
) -> Limited | None:
    if await family_rows.invited_lately(connection, now, of_child) >= caps.per_child:
        return Limited("link_invitations_of_child")
    if await family_rows.invited_lately(connection, now, of_child, person) >= caps.per_person:
        return Limited("link_invitations_of_person")
    return None


async def _repeat(connection: AsyncConnection, platform: str, link: str, until: datetime, now: datetime) -> None:
    of = links.c
    await connection.execute(
        update(links)
        .where(of.platform == platform, of.link == link)
        .values(repeats=of.repeats + 1, expire_time=until, update_time=now)
    )


async def _see_device(connection: AsyncConnection, platform: str, wanted: Invitation, now: datetime) -> None:
    if wanted.device:
        seen = upsert(child_devices).values(
            platform=platform, child=wanted.child_id, device=wanted.device, create_time=now
        )
        await connection.execute(seen.on_conflict_do_nothing())


async def _hold(
    connection: AsyncConnection, order: Order, link: Link, causes: Collection[DisputeCause], now: datetime
) -> None:
    """Asks an officer, once for each cause (`DisputeCause`)."""
    await hold(connection, order, link, now)
    for cause in sorted(causes):
        opened = Dispute(
            platform=order.platform,
            dispute_id=new_short_id(),
            link=link.link,
            child=link.child_id,
            cause=cause,
            state=DisputeState.OPEN,
            basis="",
            resolver="",
            resolve_basis="",
            create_time=now,
            resolve_time=None,
        )
        await open_dispute(connection, order, opened, now)
