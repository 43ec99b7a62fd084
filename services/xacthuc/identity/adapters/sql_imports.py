"""Imports in PostgreSQL: a batch is copied into a table of the connection, and merged from there in one commit."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters import answers, import_numbers
from xacthuc.identity.adapters import import_statements as statements
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.import_verdicts import NOTHING_FOUND, Verdicts
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.tables import import_batches, jobs, outbox, trail
from xacthuc.identity.domain.importing import Candidate, Outcome
from xacthuc.identity.ports.imports import Imported, Merged
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.import_sealing import BatchSealer, Staged
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.claims import Bounds
    from xacthuc.identity.domain.importing import Proven, Shares, Verdict
    from xacthuc.identity.ports.imports import JudgedBatch, Merge
    from xacthuc.sql.columns import Json

_SLOTS: Final = 4
"""Merges at once in a whole deployment. Each may hold a thousand locks of numbers, and PostgreSQL has room for 6 400 at
its defaults (max_locks_per_transaction, 64, times max_connections, 100). One batch id is always in one slot."""
_FORGOTTEN_AT_ONCE: Final = 1_000


class SqlImports:
    """The port `Imports`."""

    def __init__(
        self, engine: AsyncEngine, sealer: BatchSealer, personal: PersonalData, rows: AccountRows, bounds: Bounds
    ) -> None:
        """Takes the pool for merges, what seals, recognises and reads, and how many accounts a number may have."""
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
        """Waits for its slot, then takes every lock in the order in which everybody does: numbers, then accounts."""
        order, platform = batch.order, batch.order.platform
        async with transaction(self._engine) as connection:
            await connection.execute(statements.STAGE)
            await connection.execute(statements.WAIT, {"slot": UUID(order.request_id).int % _SLOTS})
            seen = await self._seen(connection, order)
            if seen is not None:  # the same batch came on another stream
                return Merged(seen, platform, ())
            await _copy(connection, batch)
            held: Mapping[bytes, Sequence[Proven]] = {}
            if batch.arrivals:
                await import_numbers.lock(connection, batch)
                held = await import_numbers.holders(connection, batch)
            existing = await _insert_accounts(connection, batch)
            known = {batch.candidates[place].account_id for place in existing}
            concerned = known.union(one.account_id for standing in held.values() for one in standing)
            if concerned:
                await lock_accounts(connection, platform, concerned)
            if held:  # until now they could leave their numbers
                held = await import_numbers.holders(connection, batch)
            shares = await import_numbers.decide(connection, batch, held, known, self._bounds)
            return await self._conclude(connection, batch, existing, shares)

    async def _conclude(
        self, connection: AsyncConnection, batch: Staged, existing: set[int], shares: Mapping[bytes, Shares]
    ) -> Merged:
        """Writes what hangs on the accounts, and tells of it."""
        order, platform, now = batch.order, batch.order.platform, batch.now
        refused = {account: why for one in shares.values() for account, why in one.refused.items()}
        displaced = tuple(sorted(account for one in shares.values() for account in one.displaced))
        values: dict[str, Any] = {"platform": platform, "now": now, "existing": list(existing)}
        await connection.execute(statements.INSERT_CONSENTS, values)
        if batch.arrivals:
            late = (one.place for one in batch.candidates.values() if one.account_id in refused)
            await connection.execute(statements.INSERT_EVIDENCE, {"platform": platform, "without": [*existing, *late]})
        found, extended = NOTHING_FOUND, frozenset[str]()
        if existing:
            extended = frozenset((await connection.scalars(statements.EXTEND, values)).all())
            names = [batch.candidates[place].account_id for place in existing]
            found = await self._rows.read(connection, platform, names)
        await _schedule_purges(connection, batch, existing)
        if displaced:
            await import_numbers.displace(connection, batch, shares, displaced)
            await touch(connection, platform, displaced, now)
        verdicts = Verdicts(batch, self._rows, found, refused, extended).all(existing)
        answer = _answer(order.request_id, verdicts, len(displaced))
        changed = _changed(batch, verdicts)
        await _tell(connection, order, now, changed, displaced)
        await self._record(connection, order, now, answer)
        wards = await wards_of(connection, platform, displaced)
        return Merged(answer, platform, (*changed, *displaced, *wards))

    async def _seen(self, connection: AsyncConnection, order: Order) -> Imported | None:
        query = select(import_batches.c.fingerprint, import_batches.c.verdicts).where(
            import_batches.c.platform == order.platform, import_batches.c.batch_id == order.request_id
        )
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if not self._personal.is_fingerprint(order, row.fingerprint):
            raise RequestIdReused
        return answers.imported(answers.read(self._personal.open_answer(order, row.verdicts)))

    async def _record(self, connection: AsyncConnection, order: Order, now: datetime, answer: Imported) -> None:
        """Writes the one audit row of the batch, and the answer for whoever sends it again."""
        fingerprint = self._personal.fingerprint(order)
        counts = Counter(answer.kinds[kind].outcome for kind in answer.rows)
        detail: Json = {outcome.value.lower(): counts[outcome] for outcome in Outcome}
        # A keyed hash: whoever reads the trail could otherwise try out whose rows they were.
        detail["digest"] = bytes(fingerprint).hex()
        await trail.write(connection, [entry(order, Tag.ACCOUNTS_IMPORTED, order.request_id, now, detail)])
        await connection.execute(
            insert(import_batches).values(
                platform=order.platform,
                batch_id=order.request_id,
                fingerprint=fingerprint,
                verdicts=self._personal.seal_answer(order, answers.spell(answer)),
                create_time=now,
            )
        )


async def _tell(
    connection: AsyncConnection, order: Order, now: datetime, changed: Sequence[str], displaced: Sequence[str]
) -> None:
    """Tells of every account that lost its number by itself, and of all that were imported at once."""
    lapses = [entry(order, Tag.PHONE_LAPSED, account, now, {"reason": LapseReason.MOVED}) for account in displaced]
    await trail.write(connection, lapses)
    events = [event(order, EventKind.REVERIFICATION_REQUIRED, account, now) for account in displaced]
    if changed:
        names: Json = {"accounts": " ".join(changed)}
        events.append(event(order, EventKind.ACCOUNTS_IMPORTED, order.request_id, now, names))
    await outbox.append(connection, events)


async def forget_batches(engine: AsyncEngine, before: datetime) -> int:
    """Deletes some answers older than `before`; returns how many, so that it can be called until none are left."""
    async with transaction(engine) as connection:
        done = await connection.execute(statements.FORGET, {"before": before, "most": _FORGOTTEN_AT_ONCE})
    return done.rowcount


async def _copy(connection: AsyncConnection, batch: Staged) -> None:
    """Copies the rows with the driver's own means, within the transaction that SQLAlchemy has begun."""
    raw = (await connection.get_raw_connection()).driver_connection
    # SQLAlchemy begins a transaction with its first statement only; before it, the rows would be there for good.
    assert raw is not None and raw.is_in_transaction()  # noqa: S101, PT018 - a defect of ours
    await raw.copy_records_to_table(statements.STAGING, records=batch.records, columns=statements.COLUMNS)


async def _insert_accounts(connection: AsyncConnection, batch: Staged) -> set[int]:
    """Inserts the accounts that are new; returns the places of the others."""
    values = {"platform": batch.order.platform, "now": batch.now}
    existed = await connection.scalars(statements.INSERT_ACCOUNTS, values)
    return {*existed.all(), *batch.unkept}


async def _schedule_purges(connection: AsyncConnection, batch: Staged, existing: Collection[int]) -> None:
    """Has the records of children destroyed in time that no guardian takes up."""
    kept = (one for place, one in batch.candidates.items() if place not in existing)
    await jobs.enqueue(
        connection,
        [purge_job(batch.order.platform, one.account_id, one.purge_time) for one in kept if one.purge_time is not None],
    )


def _changed(batch: Staged, verdicts: Sequence[Verdict]) -> list[str]:
    """Returns the accounts of the batch about which something else is true now."""
    return [
        row.account_id
        for row, verdict in zip(batch.rows, verdicts, strict=True)
        if isinstance(row, Candidate) and (verdict.outcome is Outcome.IMPORTED or verdict.transition_extended)
    ]


def _answer(batch_id: str, verdicts: Sequence[Verdict], displaced: int) -> Imported:
    """Tells the different verdicts apart by identity: equal ones are the same object wherever there may be many."""
    kinds: dict[int, int] = {}
    rows = [kinds.setdefault(id(verdict), len(kinds)) for verdict in verdicts]
    by_identity = {id(verdict): verdict for verdict in verdicts}
    return Imported(
        batch_id=batch_id, kinds=[by_identity[identity] for identity in kinds], rows=rows, displaced=displaced
    )
