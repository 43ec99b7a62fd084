"""Who stands on the numbers that a batch brings: reading it under lock, and what follows from the decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import any_, bindparam, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from xacthuc.identity.adapters import import_statements as statements
from xacthuc.identity.adapters import sql_claims
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.tables import number_moves
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.import_rows import instant
from xacthuc.identity.domain.importing import Proven, Shares, share
from xacthuc.sealing import lock_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.import_sealing import Staged
    from xacthuc.identity.domain.claims import Bounds


@dataclass(frozen=True, slots=True)
class Contest:
    """A number that more than one account would stand on."""

    newcomers: Sequence[Proven] = field(repr=False)
    shares: Shares


async def lock(connection: AsyncConnection, batch: Staged, slot: int) -> None:
    """Waits for a slot, and keeps others from coming to stand on the batch's numbers."""
    if batch.number_indexes:
        await connection.execute(statements.WAIT_AND_LOCK, {"slot": slot, "ids": lock_ids(batch.aliases)})
    else:
        await connection.execute(statements.WAIT, {"slot": slot})


async def holders(connection: AsyncConnection, batch: Staged) -> Mapping[bytes, Sequence[Proven]]:
    """Returns who stands on each number, by the index that new rows get; numbers without anybody are left out."""
    found: defaultdict[bytes, list[Proven]] = defaultdict(list)
    values = {"platform": batch.order.platform, "indexes": list(batch.aliases)}
    for row in await connection.execute(statements.HOLDERS, values):
        person = batch.people_aliases.get(row.person_index, row.person_index)
        found[batch.aliases[row.number_index]].append(Proven(row.verify_time, row.account, person))
    return found


async def decide(
    connection: AsyncConnection,
    batch: Staged,
    held: Mapping[bytes, Sequence[Proven]],
    existing: Collection[str],
    bounds: Bounds,
) -> Mapping[bytes, Contest]:
    """Decides number by number. Most have one newcomer and no holder, and nothing to decide; they are left out."""
    crowded = {index for index, times in Counter(batch.number_indexes).items() if times > 1}
    contested = _newcomers(batch, crowded.union(held), existing)
    if not contested:
        return {}
    moves = await _moves(connection, batch, contested)
    return {
        index: Contest(newcomers, share(held.get(index, ()), newcomers, tuple(moves.get(index, ())), bounds, batch.now))
        for index, newcomers in contested.items()
    }


def _newcomers(batch: Staged, wanted: Collection[bytes], existing: Collection[str]) -> Mapping[bytes, Sequence[Proven]]:
    """Returns who brings which of the `wanted` numbers, of the accounts that did not exist before."""
    found: defaultdict[bytes, list[Proven]] = defaultdict(list)
    if not wanted:
        return found
    standing = zip(batch.kept, batch.person_indexes, strict=True)
    arrived = ((one, one.phone, person) for one, person in standing if one.phone is not None)
    for index, (one, phone, person) in zip(batch.number_indexes, arrived, strict=True):
        if index in wanted and one.account_id not in existing:
            found[index].append(Proven(instant(phone.verify_us), one.account_id, person))
    return found


async def displace(
    connection: AsyncConnection, batch: Staged, contests: Mapping[bytes, Contest], displaced: Collection[str]
) -> None:
    """Takes the numbers away from those who lost them, and remembers that the numbers moved."""
    platform, now = batch.order.platform, batch.now
    phone = frozenset({EvidenceKind.PHONE})
    await sql_claims.lapse(connection, platform, displaced, phone, reason=LapseReason.MOVED, now=now)
    moved = [
        {
            "platform": platform,
            "number_index": index,
            "move_time": now,
            "account": _mover(contest),
        }
        for index, contest in contests.items()
        if contest.shares.displaced
    ]
    await connection.execute(insert(number_moves), moved)


def _mover(contest: Contest) -> str:
    """Returns whom a number went to: the latest newcomer who stands, or who took it and lost it to a holder again."""
    stands = [one for one in contest.newcomers if one.account_id not in contest.shares.refused]
    return max(stands).account_id if stands else contest.shares.taker


async def _moves(
    connection: AsyncConnection, batch: Staged, contested: Collection[bytes]
) -> Mapping[bytes, Sequence[datetime]]:
    of, found = number_moves.c, defaultdict[bytes, list["datetime"]](list)
    wanted = [index for index, current in batch.aliases.items() if current in contested]
    query = select(of.number_index, of.move_time).where(
        of.platform == batch.order.platform, of.number_index == any_(bindparam("indexes", type_=ARRAY(LargeBinary)))
    )
    for row in await connection.execute(query, {"indexes": wanted}):
        found[batch.aliases[row.number_index]].append(row.move_time)
    return found
