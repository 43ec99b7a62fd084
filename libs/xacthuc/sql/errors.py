"""What can go wrong with the database, for those who need to know no more about it.

Their messages name a class and an SQLSTATE. What the driver says is left behind on purpose: PostgreSQL quotes the values
of a row in it, and exceptions end up in logs.
"""

from __future__ import annotations

from typing import Final

# SQLSTATEs and their classes (PostgreSQL appendix A) in which the same transaction may succeed a moment later. Those that
# lose or refuse the connection: class 08, an operator's shutdown and a start (57P01 to 57P03), a session that was ended
# for idling in a transaction, and a server that takes no writes because another one has taken over from it. And those of
# work on the database: class 28 while a password is changed at both ends, 3D000 while a backup takes a database's place.
READ_ONLY: Final = "25006"
_LOST: Final = frozenset({"08", "28", "3D000", "57P01", "57P02", "57P03", "25P03", READ_ONLY})
# Those of a server that is there: rollbacks for concurrency, resources, and the timeouts of locks and statements.
_BUSY: Final = frozenset({"40", "53", "57", "55P03"})


class DatabaseUnavailable(Exception):  # noqa: N818 - named after the gRPC status it becomes
    """The database does not answer, or not in time. Whether the transaction was committed may be unknown."""


class DatabaseBusy(DatabaseUnavailable):
    """The database is there and could not do this, now: a lock, a slow statement, no free connection."""


class DatabaseRefused(Exception):  # noqa: N818 - what it did
    """The database will never do this: a statement or a row breaks a rule. A defect of ours, or of the schema."""


def meaning_of(error: Exception, sqlstate: str, *, lost: bool) -> DatabaseUnavailable | DatabaseRefused:
    """Returns what to raise for a failure with a SQLSTATE; `lost` is whether it took the connection along."""
    told = f"{type(error).__name__} {sqlstate}"
    if lost or sqlstate in _LOST or sqlstate[:2] in _LOST:
        return DatabaseUnavailable(told)
    if sqlstate in _BUSY or sqlstate[:2] in _BUSY:
        return DatabaseBusy(told)
    return DatabaseRefused(told)


def sqlstate_of(error: BaseException | None) -> str:
    """Returns the SQLSTATE that the driver tells; empty when there is none."""
    return str(getattr(error, "sqlstate", None) or "")
