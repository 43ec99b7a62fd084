"""Who is to answer for a child, as it is judged: read within the transaction of whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.account_rows import SEALED_AWAY
from xacthuc.identity.adapters.tables import guardians
from xacthuc.identity.domain.guardianship import Candidate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.adapters.account_rows import AccountRows, Found
    from xacthuc.identity.domain.facts import Facts


async def read(
    rows: AccountRows,
    connection: AsyncConnection,
    child_id: str,
    candidates: Collection[str],
    keys: Mapping[str, AccountKey],
    *,
    platform: str,
) -> tuple[Facts, dict[str, Candidate]]:
    """Returns what is known of the child, and of each who is to answer for it from now on."""
    found = await rows.read(connection, platform, (child_id, *candidates))
    of = guardians.c
    counted = await connection.execute(
        select(of.account, func.count(of.child.distinct()).label("children"))
        .where(of.platform == platform, of.account.in_(candidates), of.child != child_id)
        .group_by(of.account)
    )
    children = {row.account: row.children for row in counted}
    judged = {
        each: Candidate(rows.facts(found, each, keys[each]), birth_date(found, each, keys[each]), children.get(each, 0))
        for each in candidates
    }
    return rows.facts(found, child_id, keys[child_id]), judged


def birth_date(found: Found, account_id: str, key: AccountKey) -> date | None:
    """Returns a holder's birth date; None for nobody, of whom it is not known, and once it is sealed away."""
    rows = found.rows.get(account_id)
    if rows is None or isinstance(key, NoKey) or rows[0].life in SEALED_AWAY:
        return None
    return key.person(rows[0].person).birth_date
