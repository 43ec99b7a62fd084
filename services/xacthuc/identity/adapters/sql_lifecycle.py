"""Corrections and the end of accounts in PostgreSQL, each in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import guardian_records
from xacthuc.identity.adapters.account_changes import AccountChanges
from xacthuc.identity.adapters.account_keys import AccountKeyMissingError, NoKey
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.purge import CURRENT, destruction_job, purge_job
from xacthuc.identity.adapters.retention.put_away import hold_of, is_account_held, put_away
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, jobs, personal_id_checks
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.lifecycle import OF_PERSONAL_ID, Bar, bar_to_changes
from xacthuc.identity.domain.retention import Cause

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_changes import Change
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.adapters.retention.erasures import Erasures
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.account import Account
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.lifecycle import Correction
    from xacthuc.identity.domain.registration import Person
    from xacthuc.identity.ports.numbers import Settled


class SqlLifecycle:
    """The port `Lifecycle`."""

    def __init__(self, database: AccountDatabase, erasures: Erasures) -> None:
        """Takes where accounts lie, and what keeps the evidence of erasures."""
        self._changes = AccountChanges(database)
        self._keys = database.keys
        self._personal = database.personal
        self._bindings = database.bindings
        self._erasures = erasures

    async def correct(
        self, order: Order, account_id: str, decide: Callable[[Facts, Person], Correction], now: datetime
    ) -> Settled | Bar | None:
        """Replaces the person; what was confirmed of another one lapses."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar  # before anything is opened: of an erased account the key may still be there, to no use
            known = change.cipher.person(await _person(change.connection, order.platform, account_id))
            decided = decide(change.account.facts, known)
            person, waits_until = decided.person, change.account.purge_time or decided.purge_time
            await change.alter(
                person=change.cipher.seal_person(person, decided.child_until),
                person_index=self._personal.person_index(order.platform, person.full_name, person.birth_date),
                complete=person.complete,
                purge_time=waits_until if decided.purge_time else None,
            )
            if decided.purge_time and waits_until:
                await jobs.enqueue(change.connection, [purge_job(order.platform, account_id, waits_until)])
            await guardian_records.judge_age(change.connection, order.platform, account_id, of_age=decided.of_age)
            lapsed = await change.lapse(LapseReason.CORRECTED, decided.lapses) if decided.lapses else set()
            if lapsed & OF_PERSONAL_ID:
                await change.forget(personal_id_checks)
            await change.tell(
                Tag.ACCOUNT_CORRECTED,
                EventKind.ACCOUNT_CORRECTED,
                {
                    "name": person.full_name != known.full_name,
                    "birth_date": person.birth_date != known.birth_date,
                    "lapsed": " ".join(sorted(lapsed)),
                },
            )
            await change.bind()
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._bindings.related)

    async def close(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Keeps the rows, frees what others may need, and asks for the purge."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            purged = purge_time(change.account)
            await change.alter(life=Life.CLOSED, close_time=now, purge_time=purged)
            await change.forget(*CURRENT)
            await self._erasures.want(change.connection, order.platform, account_id, Cause.CLOSED, now)
            await jobs.enqueue(change.connection, [purge_job(order.platform, account_id, purged)])
            await change.tell(Tag.ACCOUNT_CLOSED, EventKind.ACCOUNT_CLOSED, {"purge_time": purged.isoformat()})
            return None

        return await self._changes.change(order, account_id, apply, now)

    @second_look
    async def erase(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Moves what the law orders kept under a key of its own, and has the account's destroyed once that is committed.

        The job that destroys it is part of the commit: whatever is interrupted afterwards, it will be. Of an account that
        is held everything stays as it is, and that job waits for the release.
        """
        kept: AccountKey = NoKey.NEVER_MADE
        if await self._keys.get(order.platform, account_id) is not NoKey.NEVER_MADE:  # which nobody registered has
            kept = await self._keys.make(order.platform, hold_of(account_id), now)

        async def apply(change: Change) -> Bar | None:
            if kept is NoKey.NEVER_MADE:
                raise AccountKeyMissingError
            if isinstance(kept, NoKey):
                return Bar.ERASED
            connection, purged = change.connection, purge_time(change.account)
            await change.alter(
                life=Life.ERASURE_SCHEDULED,
                close_time=func.coalesce(accounts.c.close_time, now),
                purge_time=purged,
            )
            await change.forget(*CURRENT)
            await self._erasures.want(connection, order.platform, account_id, Cause.REQUESTED, now)
            held = await is_account_held(connection, order.platform, account_id)
            if not held:
                await put_away(connection, change.cipher, kept)
                await self._erasures.sealed(connection, order.platform, account_id, now)
            await jobs.enqueue(
                connection,
                [destruction_job(order.platform, account_id), purge_job(order.platform, account_id, purged)],
            )
            # Other services erase what they have when they are told to: of what is held, with the release.
            kind = EventKind.ACCOUNT_CLOSED if held else EventKind.ERASURE_SCHEDULED
            await change.tell(Tag.ERASURE_SCHEDULED, kind, {"purge_time": purged.isoformat()})
            return None

        return await self._changes.change(order, account_id, apply, now)


async def _person(connection: AsyncConnection, platform: str, account_id: str) -> bytes:
    person: bytes | None = await connection.scalar(
        select(accounts.c.person).where(accounts.c.platform == platform, accounts.c.account == account_id)
    )
    if person is None:
        raise LookupError("an account vanished under its lock")
    return person
