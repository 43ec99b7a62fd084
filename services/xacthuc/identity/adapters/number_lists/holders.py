"""Whose numbers a batch names, on every platform: by their keyed hashes, which are apart by platform."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.types import LargeBinary

from xacthuc.identity.domain.number_lists import Holder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.domain.number_lists import ListedNumber

Indexes = list[tuple[bytes, int]]
"""Of one platform: by what a row may be found, and its place in the list."""

_HOLDERS: Final = text(
    """
    SELECT named.place, held.account, proven.id, proven.verify_time
    FROM unnest(:indexes, :places) AS named (number_index, place)
    CROSS JOIN LATERAL (
        SELECT account FROM identity.number_claims
        WHERE platform = :platform AND number_index = named.number_index OFFSET 0
    ) AS held
    CROSS JOIN LATERAL (
        SELECT id, verify_time FROM identity.evidence
        WHERE platform = :platform AND account = held.account AND kind = 'PHONE' AND lapse_time IS NULL OFFSET 0
    ) AS proven
    """
).bindparams(bindparam("indexes", type_=ARRAY(LargeBinary)), bindparam("places", type_=ARRAY(BIGINT)))
"""Asked number by number (OFFSET 0 keeps it so): most numbers of a list are nobody's here."""


async def indexed(
    personal: PersonalData, platforms: Collection[str], rows: Sequence[tuple[int, ListedNumber]]
) -> Mapping[str, Indexes]:
    """Returns by what the numbers are found on each platform; other calls have their turns between platforms."""
    found: dict[str, Indexes] = {}
    numbers, places = [row.number for _, row in rows], [place for place, _ in rows]
    for platform in platforms:
        if personal.is_rotating:
            every = (personal.number_indexes(platform, number) for number in numbers)
            found[platform] = [(index, place) for place, of in zip(places, every, strict=True) for index in of]
        else:
            found[platform] = list(zip(personal.number_index_each(platform, numbers), places, strict=True))
        await asyncio.sleep(0)
    return found


async def holders(connection: AsyncConnection, indexes: Mapping[str, Indexes]) -> Mapping[int, Sequence[Holder]]:
    """Returns who stands on the number of each row; rows without anybody are left out."""
    standing: defaultdict[int, list[Holder]] = defaultdict(list)
    for platform, of in indexes.items():
        keys, places = zip(*of, strict=True) if of else ((), ())
        values = {"platform": platform, "indexes": list(keys), "places": list(places)}
        for row in await connection.execute(_HOLDERS, values):
            standing[row.place].append(
                Holder(platform=platform, account_id=row.account, evidence_id=row.id, verify_time=row.verify_time)
            )
    return standing
