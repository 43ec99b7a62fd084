"""Pairs of a platform and an id there, in statements: two parameters, however many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import ARRAY, Text, bindparam, exists, func, select

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, TableValuedAlias

Pair: TypeAlias = tuple[str, str]
_COLUMNS: Final = ("platform", "id")


def pairs_table(pairs: Collection[Pair], name: str = "wanted") -> TableValuedAlias:
    """Returns pairs as a table, with the columns `platform` and `id`."""
    columns = [bindparam(None, [pair[at] for pair in pairs], type_=ARRAY(Text), unique=True) for at in range(2)]
    return func.unnest(*columns).table_valued(*_COLUMNS, name=name).render_derived()


def is_none_of(pairs: Collection[Pair], platform: ColumnElement[str], *ids: ColumnElement[str]) -> ColumnElement[bool]:
    """Returns whether no pair is that of a row's platform and any of its ids. An id that is not there is of nobody."""
    keys = pairs_table(pairs, "held")
    return ~exists(select(keys.c.id).where(keys.c.platform == platform, keys.c.id.in_(ids)))
