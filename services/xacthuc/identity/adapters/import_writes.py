"""What a batch writes of its accounts: rows are copied, and only of accounts that may be there one asks PostgreSQL first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncpg import UniqueViolationError

from xacthuc.identity.adapters import import_statements as statements
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.tables import accounts, consents, evidence, jobs, number_claims
from xacthuc.identity.domain.account import ConsentKind, Kind
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.import_rows import instant
from xacthuc.sql import copying

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.import_sealing import Staged
    from xacthuc.identity.domain.import_rows import Candidate


class OvertakenError(Exception):
    """Somebody registered one of the accounts since its key was made: nothing of the batch is written."""


async def insert_accounts(connection: AsyncConnection, batch: Staged, doubtful: Collection[str]) -> frozenset[str]:
    """Inserts the accounts that are new; returns those of the `doubtful` that are not. OvertakenError for any other."""
    now = copying.same(copying.instant(batch.now))
    if len(doubtful) < len(batch.accounts.accounts):
        columns = {
            "platform": copying.same(copying.word(batch.order.platform)),
            "kind": copying.same(copying.word(Kind.PERSON)),
            "life": copying.same(copying.word(Life.OPEN)),
            **batch.accounts.without(doubtful),
            "create_time": now,
            "update_time": now,
        }
        try:
            await copying.copy_in(connection, accounts, columns)
        except UniqueViolationError:
            raise OvertakenError from None
    if not doubtful:
        return frozenset()
    return await _insert_if_new(connection, batch, doubtful)


async def _insert_if_new(connection: AsyncConnection, batch: Staged, doubtful: Collection[str]) -> frozenset[str]:
    sealed = zip(batch.kept, batch.people, batch.person_indexes, strict=True)
    rows = [(one, person, index) for one, person, index in sealed if one.account_id in doubtful]
    given = [one for one, _, _ in rows]
    values = {
        "platform": batch.order.platform,
        "now": batch.now,
        "accounts": [one.account_id for one in given],
        "people": [person for _, person, _ in rows],
        "person_indexes": [index for _, _, index in rows],
        "complete": [one.complete for one in given],
        "purge_times": [one.purge_time for one in given],
        **_graces(given),
    }
    made = await connection.scalars(statements.INSERT_IF_NEW, values)
    return frozenset(one.account_id for one in given).difference(made)


async def insert_consents(connection: AsyncConnection, batch: Staged, existing: Collection[str]) -> None:
    """Inserts the consents of accounts that did not exist."""
    if batch.consents.accounts:
        columns = {
            "platform": copying.same(copying.word(batch.order.platform)),
            "kind": copying.same(copying.word(ConsentKind.REGISTRATION)),
            **batch.consents.without(existing),
            "record_time": copying.same(copying.instant(batch.now)),
        }
        await copying.copy_in(connection, consents, columns)


async def insert_numbers(connection: AsyncConnection, batch: Staged, others: Collection[str]) -> None:
    """Inserts evidence and claim of each number, but not those of `others`."""
    if batch.numbers.accounts:
        platform = copying.same(copying.word(batch.order.platform))
        kind = copying.same(copying.word(EvidenceKind.PHONE))
        columns = batch.numbers.without(others)
        claimed = {name: columns[name] for name in ("account", "number_index", "verify_time")}
        await copying.copy_in(connection, evidence, {"platform": platform, "kind": kind, **columns})
        await copying.copy_in(connection, number_claims, {"platform": platform, **claimed})


async def extend(connection: AsyncConnection, batch: Staged, existing: Collection[str]) -> frozenset[str]:
    """Moves the ends of graces of accounts that exist, and only to later ones; returns whose."""
    given = [one for one in batch.kept if one.transition is not None and one.account_id in existing]
    if not given:
        return frozenset()
    values = {
        "platform": batch.order.platform,
        "now": batch.now,
        "accounts": [one.account_id for one in given],
        **_graces(given),
    }
    return frozenset((await connection.scalars(statements.EXTEND, values)).all())


async def schedule_purges(connection: AsyncConnection, batch: Staged, existing: Collection[str]) -> None:
    """Has the records of children destroyed in time that no guardian takes up."""
    platform, kept = batch.order.platform, (one for one in batch.kept if one.account_id not in existing)
    await jobs.enqueue(
        connection,
        [purge_job(platform, one.account_id, one.purge_time) for one in kept if one.purge_time is not None],
    )


def _graces(given: Sequence[Candidate]) -> dict[str, list[object]]:
    graces = [one.transition for one in given]
    return {
        "transitions_until": [None if grace is None else instant(grace.end_us) for grace in graces],
        "bases": [None if grace is None else grace.legal_basis for grace in graces],
    }
