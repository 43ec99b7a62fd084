"""What a MySQL or a MariaDB answers to a query, through a cursor. Needs PyMySQL, which the extra `mysql` brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.constants import CR, ER, FIELD_TYPE
from pymysql.converters import conversions, decoders
from pymysql.cursors import SSCursor

from xacthuc.tables.rows import ROWS_AT_ONCE, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORT: Final = 3306
_CONNECT_SECONDS: Final = 30
_SESSION: Final = (
    # A TIMESTAMP is told in the zone of who asks; a DATETIME has none, and a time without one is Vietnam's (cells.py).
    "SET SESSION time_zone = '+07:00'",
    # For how long the server waits while rows are read more slowly than it sends them: 60 s by itself.
    "SET SESSION net_write_timeout = 600",
    # For a transaction that would follow the one below, such as after a statement that commits.
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_OF_THE_ROLE: Final = frozenset(
    {
        ER.ACCESS_DENIED_ERROR,
        ER.DBACCESS_DENIED_ERROR,
        ER.TABLEACCESS_DENIED_ERROR,
        ER.COLUMNACCESS_DENIED_ERROR,
        ER.SPECIFIC_ACCESS_DENIED_ERROR,
        1698,  # ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    }
)
_OF_THE_QUERY: Final = frozenset(
    {
        ER.BAD_DB_ERROR,
        ER.NO_DB_ERROR,
        ER.NO_SUCH_TABLE,
        ER.BAD_FIELD_ERROR,
        ER.NON_UNIQ_ERROR,
        ER.PARSE_ERROR,
        ER.SP_DOES_NOT_EXIST,
        1792,  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    }
)
"""Errors that speak of the query, a name or a role, and never of data (MySQL 8.4, Server Error Message Reference)."""
_NO_DAY: Final = "0000-00-00"
_NONE_AT_ALL: Final = frozenset({CR.CR_CONN_HOST_ERROR, CR.CR_CONNECTION_ERROR, CR.CR_UNKNOWN_HOST})


class MySqlRows:
    """A cursor whose rows stay at the server until they are read."""

    def __init__(self, name: str, url: str, query: str) -> None:
        """Asks; `name` is what messages call the query. UnusableTableError when that cannot be done."""
        self._name = name
        try:
            self._connection = pymysql.connect(**_options(url))
        except (pymysql.Error, OSError, ValueError, RuntimeError) as error:
            raise self._refused("the database cannot be reached", error) from None
        self._cursor = _Cursor(self._connection)
        try:
            for statement in _SESSION:
                self._cursor.execute(statement)
            self._cursor.execute(query)
        except (pymysql.Error, OSError, ValueError) as error:
            self.close()
            raise self._refused("the query cannot be asked", error) from None
        if not self._cursor.description:
            self.close()
            raise UnusableTableError(f"{name}: what is asked returns no rows", "Write a SELECT.")
        self.headings: Sequence[str] = [each[0] for each in self._cursor.description]

    def fetch(self) -> list[Any]:
        """Returns the next rows; none at the end. UnusableTableError when the database breaks off."""
        try:
            return list(self._cursor.fetchmany(ROWS_AT_ONCE))
        except (pymysql.Error, OSError, ValueError) as error:
            raise self._refused("the database broke off", error) from None

    def close(self) -> None:
        """Ends the transaction and everything else."""
        self._cursor.abandon()
        if self._connection.open:
            self._connection.close()

    def _refused(self, what: str, error: Exception) -> UnusableTableError:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        said, advice = str(code or type(error).__name__), "Correct the query, or the URL in the file it names."
        if code in _OF_THE_ROLE:
            said, advice = error.args[1], "Correct user and password in the URL, or let the user SELECT from there."
        elif code in _OF_THE_QUERY:
            said = error.args[1]
        elif code in _NONE_AT_ALL:
            said, advice = "nobody answers there", "Correct host and port in the URL, or let this machine through."
        return UnusableTableError(f"{self._name}: {what}: {said}", advice)


class _Cursor(SSCursor):
    """A cursor that may be left before its last row: that of the driver reads on to the end, however far that is."""

    def abandon(self) -> None:
        """Reads no more. The connection is of no use for anything afterwards but to be closed."""
        result: Any = vars(self).get("_result")
        if result is not None:
            result.unbuffered_active = False
        vars(self)["connection"] = None  # as the driver itself does when a cursor is closed


def _options(url: str) -> dict[str, Any]:
    """Returns what a URL says; ValueError when it makes no sense.

    TLS is used where the server offers it, and with `?ssl-ca=FILE` it has to, with a certificate of its own name.
    """
    parts = urlsplit(url)
    said = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    ca = said.pop("ssl-ca", "")
    if said:
        raise ValueError("ssl-ca is the only parameter")
    return {
        "host": parts.hostname or "localhost",
        "port": parts.port or _PORT,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "").encode(),  # of text, the driver takes Latin 1 alone
        "database": unquote(parts.path.removeprefix("/")) or None,
        "charset": "utf8mb4",
        "connect_timeout": _CONNECT_SECONDS,
        "conv": {
            **conversions,
            FIELD_TYPE.BIT: _bits,
            **dict.fromkeys((FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE), _dated(FIELD_TYPE.DATE)),
            **dict.fromkeys((FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP), _dated(FIELD_TYPE.DATETIME)),
        },
        **({"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True} if ca else {}),
    }


def _bits(value: bytes) -> int:
    """Returns a BIT: as a yes or no, a column has one."""
    return int.from_bytes(value, "big")


def _dated(kind: int) -> Any:
    """Returns what reads a day: that of zeros, by which MySQL says that there is none, is none."""
    read = decoders[kind]

    def day(value: str) -> Any:
        return None if value.startswith(_NO_DAY) else read(value)

    return day
