"""Who answers for children, in PostgreSQL: one version of it at a time, whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import candidates, guardian_records
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, evidence, guardians, jobs, outbox, supervisions, trail
from xacthuc.identity.domain.facts import UNSUPERVISED, EvidenceKind, Life, Supervision
from xacthuc.identity.domain.guardianship import Guardian, Guardianship, Relation
from xacthuc.policy import Action
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.guardianship import Candidate, Ending, GuardianRefusal, WardRefusal
    from xacthuc.sql.columns import Json

_GRACE = "guardianship.independence_grace_days"
"""What such a grace rests on: a figure of the policy, with its citation there."""

_NOBODY = Guardianship(guardians=(), supervision=UNSUPERVISED, version=0)


class SqlGuardianships:
    """The port `Guardianships`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._rows = database.rows
        self._requests = database.requests

    @second_look
    async def put(
        self,
        order: Order,
        child_id: str,
        wanted: Guardianship,
        judge: Callable[[Facts, Mapping[str, Candidate]], WardRefusal | GuardianRefusal | None],
        *,
        now: datetime,
        ends: Callable[[Facts], Ending],
        purge_time: datetime,
    ) -> Guardianship | WardRefusal | GuardianRefusal:
        """Keeps guardians, supervision, evidence, audit and event in one commit. The answer is read, not kept."""
        platform = order.platform
        concerned = sorted({child_id, *(guardian.account_id for guardian in wanted.guardians)})
        keys = await self._keys.get_many(platform, concerned)
        async with transaction(self._engine) as connection:
            # The guardians too: what one of them loses meanwhile finds this child among those it concerns, or is seen here.
            # And those who end: of two children whom one of them leaves at once, the second one is seen to be the last.
            locked = {*concerned, *_accounts(await _kept(connection, platform, child_id))}
            await lock_accounts(connection, platform, locked)
            kept = await _kept(connection, platform, child_id)
            if others := _accounts(kept) - locked:  # who came to answer just now
                await lock_accounts(connection, platform, others, wait=False)
            seen = await self._requests.find(connection, order)
            if seen is not None:
                return kept
            new_ids = _new(kept, wanted)
            child, new = await candidates.read(self._rows, connection, child_id, new_ids, keys, platform=platform)
            if refused := judge(child, new):
                return refused
            await self._requests.record(connection, order, child_id, None, now)
            if wanted.version <= kept.version:
                return kept
            await _keep(connection, platform, child_id, wanted, now)
            end = ends(child)
            await _tell(connection, order, _Change(child_id, kept, wanted, end), now)
            await guardian_records.keep(connection, platform, new_ids)
            await guardian_records.release(connection, platform, _new(wanted, kept), purge_time)
            await touch(connection, platform, (child_id,), now)
        return wanted


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes another."""

    child_id: str
    kept: Guardianship
    wanted: Guardianship
    end: Ending
    """What follows if this is the end of the last guardian (R21, R22)."""


def _new(kept: Guardianship, wanted: Guardianship) -> set[str]:
    return _accounts(wanted) - _accounts(kept)


def _accounts(guardianship: Guardianship) -> set[str]:
    return {each.account_id for each in guardianship.guardians}


async def _kept(connection: AsyncConnection, platform: str, child_id: str) -> Guardianship:
    row = (
        await connection.execute(
            select(supervisions).where(supervisions.c.platform == platform, supervisions.c.child == child_id)
        )
    ).one_or_none()
    if row is None:
        return _NOBODY
    answering = await connection.execute(
        select(guardians)
        .where(guardians.c.platform == platform, guardians.c.child == child_id)
        .order_by(guardians.c.start_time, guardians.c.link)
    )
    return Guardianship(
        guardians=tuple(
            Guardian(
                link=each.link,
                account_id=each.account,
                relation=Relation(each.relation),
                start_time=each.start_time,
            )
            for each in answering
        ),
        supervision=Supervision(
            guarded_until_ms=0,
            suspended=row.suspended,
            actions=frozenset(Action(action) for action in row.actions),
            quiet_from=row.quiet_from,
            quiet_to=row.quiet_to,
        ),
        version=row.version,
    )


async def _keep(connection: AsyncConnection, platform: str, child_id: str, wanted: Guardianship, now: datetime) -> None:
    key, supervision = {"platform": platform, "child": child_id}, wanted.supervision
    of = guardians.c
    under_age = await connection.scalars(
        select(of.account).where(of.platform == platform, of.child == child_id, of.of_age.is_(False))
    )
    stay_under_age = frozenset(under_age)
    await connection.execute(delete(guardians).where(guardians.c.platform == platform, guardians.c.child == child_id))
    if wanted.guardians:
        await connection.execute(
            insert(guardians),
            [
                {
                    **key,
                    "link": guardian.link,
                    "account": guardian.account_id,
                    "relation": guardian.relation,
                    "start_time": guardian.start_time,
                    "of_age": guardian.account_id not in stay_under_age,
                }
                for guardian in wanted.guardians
            ],
        )
    # What is allowed stays when the last guardian ends: the version orders whatever is said next.
    allowed = {
        "version": wanted.version,
        "suspended": supervision.suspended,
        "actions": sorted(supervision.actions),
        "quiet_from": supervision.quiet_from,
        "quiet_to": supervision.quiet_to,
        "update_time": now,
    }
    await connection.execute(
        insert(supervisions).values(**key, **allowed).on_conflict_do_update(index_elements=list(key), set_=allowed)
    )


async def _tell(connection: AsyncConnection, order: Order, change: _Change, now: datetime) -> None:
    """Keeps the evidence that somebody answers in step, and writes the audit trail and the event."""
    child_id, before, after = change.child_id, change.kept.guardians, change.wanted.guardians
    if after and not before:
        tag, kind = Tag.GUARDIAN_LINKED, EventKind.GUARDIAN_LINKED
        await _stand(connection, order.platform, child_id, min(each.start_time for each in after))
        # Its registration waited for this, to be dropped otherwise.
        await _keep_until(connection, order.platform, child_id, None)
    elif before and not after:
        tag, kind = Tag.GUARDIAN_ENDED, EventKind.GUARDIAN_ENDED
        await _end(connection, order.platform, child_id, now)
        await _follow(connection, order.platform, child_id, change.end)
    else:
        tag, kind = Tag.SUPERVISION_CHANGED, EventKind.SUPERVISION_CHANGED
    supervision = change.wanted.supervision
    told: Json = {"version": change.wanted.version, "suspended": supervision.suspended}
    if kind is EventKind.GUARDIAN_ENDED:
        told["came_of_age"] = change.end.came_of_age
    detail: Json = {
        **told,
        "links": " ".join(f"{each.link}={each.relation}" for each in after),
        "actions": " ".join(sorted(supervision.actions)),
        "quiet_from": supervision.quiet_from,
        "quiet_to": supervision.quiet_to,
    }
    await trail.write(connection, [entry(order, tag, child_id, now, detail)])
    await outbox.append(connection, [event(order, kind, child_id, now, told)])


async def _stand(connection: AsyncConnection, platform: str, child_id: str, since: datetime) -> None:
    await connection.execute(
        insert(evidence).values(
            platform=platform, account=child_id, kind=EvidenceKind.GUARDIAN, source="guardian", verify_time=since
        )
    )


async def _end(connection: AsyncConnection, platform: str, child_id: str, now: datetime) -> None:
    of = evidence.c
    await connection.execute(
        update(evidence)
        .where(
            of.platform == platform,
            of.account == child_id,
            of.kind == EvidenceKind.GUARDIAN,
            of.lapse_time.is_(None),
        )
        .values(lapse_time=now, lapse_reason=LapseReason.ENDED)
    )


async def _follow(connection: AsyncConnection, platform: str, child_id: str, end: Ending) -> None:
    await _keep_until(connection, platform, child_id, end.purge_time)
    if end.purge_time is not None:
        await jobs.enqueue(connection, [purge_job(platform, child_id, end.purge_time)])
    if end.grace_until is not None:
        of = accounts.c
        shorter = of.transition_until.is_(None) | (of.transition_until < end.grace_until)
        await connection.execute(
            update(accounts)
            .where(of.platform == platform, of.account == child_id, of.life == Life.OPEN, shorter)
            .values(transition_until=end.grace_until, transition_basis=_GRACE)
        )


async def _keep_until(connection: AsyncConnection, platform: str, child_id: str, purge_time: datetime | None) -> None:
    """Sets the clock of an account in use; one that was closed has its own."""
    of = accounts.c
    await connection.execute(
        update(accounts)
        .where(of.platform == platform, of.account == child_id, of.life == Life.OPEN)
        .values(purge_time=purge_time)
    )
