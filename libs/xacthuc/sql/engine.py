"""The way to PostgreSQL: one pool per use, short transactions, one exception for "not now".

Nothing remote is called with a transaction open: a slow peer would hold locks and connections of everybody else.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# SQLSTATE classes (PostgreSQL appendix A) in which the same transaction may succeed a moment later: lost connections,
# resources, an operator's shutdown, rollbacks for concurrency; and the two timeouts that class 55 and 57 hold.
_PASSING_CLASSES: Final = frozenset({"08", "40", "53", "57"})
_LOCK_NOT_AVAILABLE: Final = "55P03"


def make_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int,
    wait: timedelta,
    statement_timeout: timedelta,
) -> AsyncEngine:
    """Returns an engine; connects nothing yet.

    `url` is SQLAlchemy's, `postgresql+asyncpg://`. Beyond `pool_size` transactions, others wait for `wait`, which is
    also how long a connection may take to be made; the server cancels a statement after `statement_timeout`.
    """
    milliseconds = str(round(statement_timeout.total_seconds() * 1000))
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait.total_seconds(),
        # One round trip per transaction buys that no caller meets a connection that died with the last server.
        pool_pre_ping=True,
        connect_args={
            "timeout": wait.total_seconds(),
            "server_settings": {
                "application_name": application_name,
                "statement_timeout": milliseconds,
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                # Statements here touch a handful of rows by key: compiling them costs more than running them.
                "jit": "off",
            },
        },
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Commits at the end of its block, rolls back when the block raises. DatabaseUnavailable when that cannot be done."""
    try:
        with span("postgresql", {"db.system.name": "postgresql"}, kind=Kind.CLIENT):
            async with engine.begin() as connection:
                yield connection
    except (OSError, PoolTimeoutError) as error:  # a refused or timed-out connection comes through unwrapped
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if not is_passing(error):
            raise
        raise DatabaseUnavailable from error


def is_passing(error: DBAPIError) -> bool:
    """Whether the failure says "not now" rather than "never"."""
    sqlstate = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or sqlstate[:2] in _PASSING_CLASSES or sqlstate == _LOCK_NOT_AVAILABLE
