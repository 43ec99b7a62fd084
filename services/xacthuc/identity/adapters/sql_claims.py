"""Who stands on a number or a personal ID: reading it under lock, and taking it away.

Everybody takes locks in one order: first those of the one value that is proven, then the accounts by key. So no two
writers can wait for each other in a circle, whichever numbers they trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import LargeBinary, Text, any_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.account_rows import SEALED_AWAY
from xacthuc.identity.adapters.account_writes import lock_accounts
from xacthuc.identity.adapters.tables import accounts, evidence, number_claims, personal_id_claims
from xacthuc.identity.domain.claims import Held, Holder, Tie
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.sealing import lock_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Column, Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_rows import LapseReason
    from xacthuc.identity.adapters.personal import PersonalData


@dataclass(frozen=True, slots=True)
class Claims:
    """A table of who stands on what."""

    table: Table
    index: Column[bytes]


NUMBERS: Final = Claims(number_claims, number_claims.c.number_index)
PERSONAL_IDS: Final = Claims(personal_id_claims, personal_id_claims.c.personal_id_index)

OF_KIND: Final = {
    EvidenceKind.PHONE: NUMBERS,
    EvidenceKind.PERSONAL_ID: PERSONAL_IDS,
    EvidenceKind.PERSONAL_ID_DECLARED: PERSONAL_IDS,
}
"""What an account stands on by each kind of evidence."""

# What others are to an account: by name and birth date, as its ward, its guardian, or a guardian beside it.
_TIES: Final = text(
    """
    SELECT account, 'RELATED' AS tie FROM identity.accounts
    WHERE platform = :platform AND account = ANY(:others) AND person_index = ANY(:person)
    UNION ALL
    SELECT account, 'RELATED' FROM identity.guardians
    WHERE platform = :platform AND child = :me AND account = ANY(:others)
    UNION ALL
    SELECT beside.account, 'RELATED' FROM identity.guardians AS mine
    JOIN identity.guardians AS beside ON beside.platform = mine.platform AND beside.child = mine.child
    WHERE mine.platform = :platform AND mine.account = :me AND beside.account = ANY(:others)
    UNION ALL
    SELECT child, 'WARD' FROM identity.guardians
    WHERE platform = :platform AND account = :me AND child = ANY(:others)
    """
).bindparams(bindparam("others", type_=ARRAY(Text)), bindparam("person", type_=ARRAY(LargeBinary)))


async def lock(
    connection: AsyncConnection, claims: Claims, platform: str, account_id: str, indexes: Collection[bytes]
) -> Sequence[Row[Any]]:
    """Locks a value, by its index under every version, and all accounts concerned; returns its claims, earliest first.

    The value's lock is advisory, since there may be no row yet that could be locked. It keeps others from coming to stand
    on the value, not from leaving it: what is read before the accounts are locked is only who may have to be.
    """
    for lock_id in lock_ids(indexes):
        await connection.execute(select(func.pg_advisory_xact_lock(lock_id)))
    table = claims.table
    standing = (
        select(table.c.account, table.c.verify_time)
        .where(table.c.platform == platform, claims.index == any_(bindparam("indexes", type_=ARRAY(LargeBinary))))
        .order_by(table.c.verify_time, table.c.account)
    )
    seen = {row.account for row in await connection.execute(standing, {"indexes": list(indexes)})}
    await lock_accounts(connection, platform, {account_id, *seen})
    return (await connection.execute(standing, {"indexes": list(indexes)})).all()


async def held(
    connection: AsyncConnection,
    claimed: Sequence[Row[Any]],
    cipher: AccountCipher,
    personal: PersonalData,
    moves: Sequence[datetime] = (),
) -> Held:
    """Returns what `lock` found, as the account sees it that `cipher` is of."""
    others = [row.account for row in claimed if row.account != cipher.account_id]
    ties = await _ties(connection, cipher, personal, others) if others else {}
    return Held(
        holders=tuple(Holder(account, ties.get(account, Tie.NONE)) for account in others),
        newest_verify_time=claimed[-1].verify_time if claimed else None,
        moves=tuple(moves),
    )


async def lapse(
    connection: AsyncConnection,
    platform: str,
    account_ids: Collection[str],
    kinds: Collection[EvidenceKind],
    *,
    reason: LapseReason,
    now: datetime,
) -> Sequence[Row[Any]]:
    """Ends what stands of these kinds, and the claims with it; returns `account`, `kind` and `id` of what ended.

    The accounts are locked. What was proven stays with its row, sealed.
    """
    of = evidence.c
    ended = await connection.execute(
        update(evidence)
        .where(of.platform == platform, of.account.in_(account_ids), of.kind.in_(kinds), of.lapse_time.is_(None))
        .values(lapse_time=now, lapse_reason=reason)
        .returning(of.account, of.kind, of.id)
    )
    rows = ended.all()
    for claims in {OF_KIND[kind].index: OF_KIND[kind] for kind in kinds}.values():
        table = claims.table
        await connection.execute(delete(table).where(table.c.platform == platform, table.c.account.in_(account_ids)))
    return rows


async def _ties(
    connection: AsyncConnection, cipher: AccountCipher, personal: PersonalData, others: Sequence[str]
) -> dict[str, Tie]:
    of = accounts.c
    sealed = await connection.scalar(
        select(of.person).where(
            of.platform == cipher.platform, of.account == cipher.account_id, of.life.not_in(SEALED_AWAY)
        )
    )
    person = None if sealed is None else cipher.person(sealed)
    indexes = () if person is None else personal.person_indexes(cipher.platform, person.full_name, person.birth_date)
    found = await connection.execute(
        _TIES,
        {"platform": cipher.platform, "me": cipher.account_id, "others": list(others), "person": list(indexes)},
    )
    ties: dict[str, Tie] = {}
    for row in found:  # a ward stays one, whoever else it may be
        ties[row.account] = Tie.WARD if ties.get(row.account) is Tie.WARD else Tie(row.tie)
    return ties
