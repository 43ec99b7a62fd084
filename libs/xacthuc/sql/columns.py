"""The column types tables are made of, by meaning rather than by storage.

Each name says what a column may hold, so that a reader of a table sees which columns are personal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import BigInteger, Boolean, Column, FetchedValue, LargeBinary, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from xacthuc.masked import Digest, Masked, Sealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Dialect

Json: TypeAlias = "dict[str, str | int | bool | None]"
"""What goes into a JSON column: flat, and never personal."""


class MaskedBytes(TypeDecorator[bytes]):
    """`bytea` whose values, read or bound, are of a masked kind: neither a row nor a parameter can be printed by accident.

    The processors are handed to SQLAlchemy as they are, which costs one call a value: see `tests/unit/sql`.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: type[Masked]) -> None:
        """Takes what the bytes become."""
        super().__init__()
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Callable[[bytes | None], Masked | None]:
        """Masks what goes to the database, for whoever logs parameters."""
        del dialect
        return self._process()

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[bytes | None], Masked | None]:
        """Masks what comes from the database."""
        del dialect, coltype
        return self._process()

    def _process(self) -> Callable[[bytes | None], Masked | None]:
        kind = self.kind
        return lambda value: None if value is None else kind(value)


def word(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """Returns a column of text that is not personal: an id, a member of a closed set, a version."""
    return Column(name, Text, primary_key=primary_key, nullable=nullable)


def instant(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[datetime]:
    """Returns a column of aware datetimes; PostgreSQL keeps microseconds in UTC."""
    return Column(name, TIMESTAMP(timezone=True), primary_key=primary_key, nullable=nullable)


def sealed(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Returns a column of personal data as `xacthuc.sealing.Sealer` makes it: unreadable without the service's keys."""
    return Column(name, MaskedBytes(Sealed), nullable=nullable)


def digest(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    """Returns a column of keyed or cryptographic hashes: comparable, not readable."""
    return Column(name, MaskedBytes(Digest), primary_key=primary_key, nullable=nullable)


def number(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """Returns a column of whole numbers of 64 bits."""
    return Column(name, BigInteger, primary_key=primary_key, autoincrement=False, nullable=nullable)


def flag(name: str) -> Column[bool]:
    """Returns a column of yes or no."""
    return Column(name, Boolean, nullable=False)


def drawn(name: str) -> Column[int]:
    """Returns a key column that the database draws in the order rows are made: a default of the table, from a sequence.

    PostgreSQL has identity columns on partitioned tables since version 17 only.
    """
    return Column(name, BigInteger, FetchedValue(), primary_key=True)


def facts(name: str) -> Column[Any]:
    """Returns a column of `Json`."""
    return Column(name, JSONB, nullable=False)
