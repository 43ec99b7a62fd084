"""Imports in PostgreSQL: a batch in one commit.

An account whose key was made for this batch had none before, so it has no rows: it is copied as it is. Nobody else copies
it, since a key is made once. Accounts with an older key may be there, and are inserted if they are not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters import answers, import_numbers, import_writes
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.import_verdicts import NOTHING_FOUND, Verdicts
from xacthuc.identity.adapters.import_writes import OvertakenError
from xacthuc.identity.adapters.tables import import_batches, outbox, trail
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.events import PASSED_ON
from xacthuc.identity.domain.import_rows import Candidate
from xacthuc.identity.domain.importing import Outcome
from xacthuc.identity.ports.imports import Imported, Merged
from xacthuc.sql.engine import transaction
from xacthuc.sql.requests import read, spell

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.import_numbers import Contest
    from xacthuc.identity.adapters.import_sealing import BatchSealer, Staged
    from xacthuc.identity.adapters.locks.bindings import Bindings
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.claims import Bounds
    from xacthuc.identity.domain.importing import Proven, Verdict
    from xacthuc.identity.ports.imports import JudgedBatch, Merge
    from xacthuc.sql.columns import Json

_SLOTS: Final = 4
"""Merges at once in a whole deployment. Each may hold a thousand locks of numbers, and PostgreSQL has room for 6 400 at
its defaults (max_locks_per_transaction, 64, times max_connections, 100). One batch id is always in one slot."""

# Made once: to tell a statement that it has seen from one that it has not takes SQLAlchemy longer than to run it.
_SEEN: Final = select(import_batches.c.fingerprint, import_batches.c.verdicts).where(
    import_batches.c.platform == bindparam("of"), import_batches.c.batch_id == bindparam("sent")
)
_KEEP: Final = insert(import_batches)


class SqlImports:
    """The port `Imports`."""

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: BatchSealer,
        personal: PersonalData,
        rows: AccountRows,
        bounds: Bounds,
        *,
        bindings: Bindings,
    ) -> None:
        """Takes the pool, what seals, recognises, reads and lets locks follow, and how many accounts a number may have."""
        self._bindings = bindings
        self._engine = engine
        self._sealer = sealer
        self._personal = personal
        self._rows = rows
        self._bounds = bounds

    async def find(self, order: Order) -> Imported | None:
        """Looks the batch up."""
        async with transaction(self._engine) as connection:
            return await self._seen(connection, order)

    async def seal(self, batch: JudgedBatch) -> Merge:
        """Seals in slices, so that other calls have their turns."""
        return partial(self._merge, await self._sealer.seal(batch))

    async def _merge(self, batch: Staged) -> Merged:
        try:
            return await self._attempt(batch, batch.older)
        except OvertakenError:
            return await self._attempt(batch, frozenset(batch.accounts.accounts))

    async def _attempt(self, batch: Staged, doubtful: Collection[str]) -> Merged:
        """Waits for its slot, then takes every lock in the order in which everybody does: numbers, then accounts.

        `doubtful` accounts may be there already.
        """
        order, platform = batch.order, batch.order.platform
        async with transaction(self._engine) as connection:
            await import_numbers.lock(connection, batch, UUID(order.request_id).int % _SLOTS)
            seen = await self._seen(connection, order)
            if seen is not None:  # the same batch came on another stream
                return Merged(seen, platform, ())
            held: Mapping[bytes, Sequence[Proven]] = {}
            if batch.number_indexes:
                held = await import_numbers.holders(connection, batch)
            existing = batch.aside | await import_writes.insert_accounts(connection, batch, doubtful)
            concerned = existing.union(one.account_id for standing in held.values() for one in standing)
            if concerned:
                await lock_accounts(connection, platform, concerned)
            if held:  # until now they could leave their numbers
                held = await import_numbers.holders(connection, batch)
            contests = await import_numbers.decide(connection, batch, held, existing, self._bounds)
            return await self._conclude(connection, batch, existing, contests, concerned)

    async def _conclude(
        self,
        connection: AsyncConnection,
        batch: Staged,
        existing: frozenset[str],
        contests: Mapping[bytes, Contest],
        concerned: Collection[str],
    ) -> Merged:
        """Writes what hangs on the accounts, and tells of it."""
        order, platform, now = batch.order, batch.order.platform, batch.now
        refused = {account: why for one in contests.values() for account, why in one.shares.refused.items()}
        displaced = tuple(sorted(account for one in contests.values() for account in one.shares.displaced))
        await import_writes.insert_consents(connection, batch, existing)
        await import_writes.insert_numbers(connection, batch, existing.union(refused))
        found, extended = NOTHING_FOUND, frozenset[str]()
        if existing:
            extended = await import_writes.extend(connection, batch, existing)
            found = await self._rows.read(connection, platform, list(existing))
        await import_writes.schedule_purges(connection, batch, existing)
        if displaced:
            await import_numbers.displace(connection, batch, contests, displaced)
            await touch(connection, platform, displaced, now)
        verdicts = Verdicts(batch, self._rows, found, refused, extended).all(existing)
        changed = _changed(batch, verdicts)
        await _tell(connection, order, now, changed, displaced)
        reached = await self._bind(connection, batch, changed, concerned)
        answer = _answer(order.request_id, _locked(batch, verdicts, reached), len(displaced))
        await self._record(connection, order, now, answer)
        others = {*displaced, *reached}
        wards = await wards_of(connection, platform, others) if others else ()
        return Merged(answer, platform, (*changed, *displaced, *sorted(reached), *wards))

    async def _bind(
        self, connection: AsyncConnection, batch: Staged, changed: Collection[str], concerned: Collection[str]
    ) -> set[str]:
        """Lets locks bind who stands on a number of theirs now; returns whom they reached. Mostly nobody: one question."""
        aliases, reached = batch.aliases, set[str]()
        bound = await self._bindings.bound(connection, batch.order.platform, aliases) if aliases else set()
        current, held = {aliases[each] for each in bound}, {*concerned, *changed}
        for account_id, index in zip(batch.numbers.accounts, batch.number_indexes, strict=True):
            cipher = batch.keys[account_id]
            if index in current and account_id in changed and isinstance(cipher, AccountCipher):
                values = [each for each, of in aliases.items() if of == index]
                reached |= await self._bindings.follow(
                    connection, batch.order, cipher, batch.now, held=held, values=values
                )
        return reached

    async def _seen(self, connection: AsyncConnection, order: Order) -> Imported | None:
        row = (await connection.execute(_SEEN, {"of": order.platform, "sent": order.request_id})).one_or_none()
        if row is None:
            return None
        if not self._personal.is_fingerprint(order, row.fingerprint):
            raise RequestIdReused
        return answers.imported(read(self._personal.open_answer(order, row.verdicts)))

    async def _record(self, connection: AsyncConnection, order: Order, now: datetime, answer: Imported) -> None:
        """Writes the one audit row of the batch, and the answer for whoever sends it again."""
        fingerprint = self._personal.fingerprint(order)
        counts = Counter(answer.kinds[kind].outcome for kind in answer.rows)
        detail: Json = {outcome.value.lower(): counts[outcome] for outcome in Outcome}
        # A keyed hash: whoever reads the trail could otherwise try out whose rows they were.
        detail["digest"] = bytes(fingerprint).hex()
        await trail.write(connection, [entry(order, Tag.ACCOUNTS_IMPORTED, order.request_id, now, detail)])
        kept = {
            "platform": order.platform,
            "batch_id": order.request_id,
            "fingerprint": fingerprint,
            "verdicts": self._personal.seal_answer(order, spell(answer)),
            "create_time": now,
        }
        await connection.execute(_KEEP, kept)


async def _tell(
    connection: AsyncConnection, order: Order, now: datetime, changed: Sequence[str], displaced: Sequence[str]
) -> None:
    """Tells of every account that lost its number by itself, and of all that were imported at once."""
    lapses = [entry(order, Tag.PHONE_LAPSED, account, now, {"reason": LapseReason.MOVED}) for account in displaced]
    await trail.write(connection, lapses)
    passed_on: Json = {PASSED_ON: True}
    events = [event(order, EventKind.REVERIFICATION_REQUIRED, account, now, passed_on) for account in displaced]
    if changed:
        names: Json = {"accounts": " ".join(changed)}
        events.append(event(order, EventKind.ACCOUNTS_IMPORTED, order.request_id, now, names))
    await outbox.append(connection, events)


def _changed(batch: Staged, verdicts: Sequence[Verdict]) -> list[str]:
    """Returns the accounts of the batch about which something else is true now."""
    return [
        row.account_id
        for row, verdict in zip(batch.rows, verdicts, strict=True)
        if isinstance(row, Candidate) and (verdict.outcome is Outcome.IMPORTED or verdict.transition_extended)
    ]


def _locked(batch: Staged, verdicts: Sequence[Verdict], reached: Collection[str]) -> Sequence[Verdict]:
    """Says of accounts that a lock reached at once where they stand."""
    if not reached:
        return verdicts
    return [
        replace(verdict, state=State.LOCKED) if isinstance(row, Candidate) and row.account_id in reached else verdict
        for row, verdict in zip(batch.rows, verdicts, strict=True)
    ]


def _answer(batch_id: str, verdicts: Sequence[Verdict], displaced: int) -> Imported:
    """Tells the different verdicts apart by identity: equal ones are the same object wherever there may be many."""
    kinds: dict[int, int] = {}
    rows = [kinds.setdefault(id(verdict), len(kinds)) for verdict in verdicts]
    by_identity = {id(verdict): verdict for verdict in verdicts}
    return Imported(
        batch_id=batch_id, kinds=[by_identity[identity] for identity in kinds], rows=rows, displaced=displaced
    )
