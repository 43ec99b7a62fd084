"""COPY in PostgreSQL's binary format, put together column by column (its documentation, COPY, "Binary Format").

For thousands of rows a second: a driver spells them value by value, which costs it more than they cost the server. Here
what many rows share is spelled once, a column that several tables have is spelled once for all of them, and fields are
joined into rows without a step of Python for each.

Owns the format alone. Nothing checks that a field has its column's type: `text` takes texts, `bytea` blobs and so on, and
PostgreSQL refuses a field of the wrong length.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from struct import Struct
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

Field: TypeAlias = bytes
"""A value as it goes over the wire: its length and its bytes."""

Value = TypeVar("Value", bound="Hashable")

NULL: Final = b"\xff\xff\xff\xff"

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_COUNT: Final = Struct(">h").pack
_SHORT: Final = 256
_LENGTHS: Final = tuple(length.to_bytes(4, "big") for length in range(_SHORT))
"""Spelled, for most fields are this short, and spelling it takes as long as all else about a field."""
_INSTANT: Final = Struct(">iq").pack
_YES: Final = b"\0\0\0\1\1"
_NO: Final = b"\0\0\0\1\0"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SINCE_2000_US: Final = 946_684_800_000_000
"""Microseconds from the Unix epoch to PostgreSQL's own, 1 January 2000."""


def blob(value: bytes | None) -> Field:
    """Spells a `bytea`."""
    return NULL if value is None else len(value).to_bytes(4, "big") + value


def word(value: str | None) -> Field:
    """Spells a `text`."""
    return NULL if value is None else blob(value.encode())


def instant(value: datetime | None) -> Field:
    """Spells a `timestamptz`."""
    return NULL if value is None else instants(((value - _EPOCH) // _MICROSECOND,))[0]


def flag(value: bool) -> Field:  # noqa: FBT001 - a value, not an option
    """Spells a `boolean`."""
    return _YES if value else _NO


def blobs(values: Iterable[bytes | None]) -> list[Field]:
    """Spells a column of `bytea`."""
    lengths, short = _LENGTHS, _SHORT
    return [
        NULL if value is None else (lengths[n] if (n := len(value)) < short else n.to_bytes(4, "big")) + value
        for value in values
    ]


def words(values: Iterable[str]) -> list[Field]:
    """Spells a column of `text`."""
    return blobs(map(str.encode, values))


def instants(values_us: Iterable[int | None]) -> list[Field]:
    """Spells a column of `timestamptz`, given in microseconds since the Unix epoch."""
    return [NULL if value is None else _INSTANT(8, value - _SINCE_2000_US) for value in values_us]


def few(spell: Callable[[Value], Field], values: Sequence[Value]) -> list[Field]:
    """Spells a column of few different values, each of them once."""
    spelled = {value: spell(value) for value in set(values)}
    return [spelled[value] for value in values]


def same(field: Field) -> Iterable[Field]:
    """Returns a column that has one value in every row."""
    return repeat(field)


def table_of(columns: Iterable[Iterable[Field]]) -> bytes:
    """Returns rows as COPY reads them. At least one column must not be endless, and those that are not are of one length."""
    every = list(columns)
    rows = zip(repeat(_COUNT(len(every))), *every, strict=False)  # `same` goes on for ever
    return b"".join((_HEADER, *chain.from_iterable(rows), _TRAILER))


async def copy_in(connection: AsyncConnection, table: Table, columns: Mapping[str, Iterable[Field]]) -> None:
    """Copies rows into `table`, by the names of its columns, within the transaction that is open.

    Raises the driver's exceptions, since it goes past SQLAlchemy.
    """
    raw = (await connection.get_raw_connection()).driver_connection
    # SQLAlchemy begins a transaction with its first statement only; before it, the rows would be there for good.
    assert raw is not None and raw.is_in_transaction()  # noqa: S101, PT018 - a defect of ours
    await raw.copy_to_table(
        table.name,
        schema_name=table.schema,
        columns=list(columns),
        source=memoryview(table_of(columns.values())),
        format="binary",
    )
