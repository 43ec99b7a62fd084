"""What can go wrong with the database, for those who need to know no more about it."""


class DatabaseUnavailable(Exception):  # noqa: N818 - named after the gRPC status it becomes
    """The database does not answer, or not in time. Whether the transaction was committed may be unknown."""
