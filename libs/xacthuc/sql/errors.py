"""What can go wrong with the database, for those who need to know no more about it.

Their messages name a class and an SQLSTATE. What the driver says is left behind on purpose: PostgreSQL quotes the values
of a row in it, and exceptions end up in logs.
"""


class DatabaseUnavailable(Exception):  # noqa: N818 - named after the gRPC status it becomes
    """The database does not answer, or not in time. Whether the transaction was committed may be unknown."""


class DatabaseBusy(DatabaseUnavailable):
    """The database is there and could not do this, now: a lock, a slow statement, no free connection."""


class DatabaseRefused(Exception):  # noqa: N818 - what it did
    """The database will never do this: a statement or a row breaks a rule. A defect of ours, or of the schema."""
