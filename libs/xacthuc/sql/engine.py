"""The way to PostgreSQL: one pool per use, short transactions, one exception for "not now" and one for "never".

Nothing remote is called with a transaction open: a slow peer would hold locks and connections of everybody else.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from asyncpg import PostgresError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from xacthuc import lean
from xacthuc.sql.errors import READ_ONLY, DatabaseBusy, DatabaseUnavailable, meaning_of, sqlstate_of
from xacthuc.sql.steps import Statements
from xacthuc.telemetry.tracing import Kind, Span, span

lean.by_module("sqlalchemy.ext.asyncio")  # which brings the ORM along
from sqlalchemy.ext.asyncio.engine import create_async_engine  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import ExceptionContext
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

_ANSWER_GRACE: Final = timedelta(milliseconds=500)
"""What a living server gets, beyond its own time limit, to say that a statement took too long. Without a bound of ours a
server that hangs, or vanished without a word, would keep a connection for as long as TCP goes on: 15 minutes on Linux
(tcp_retries2, tcp(7)), and for ever when nothing was left to be sent."""


def make_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int,
    wait: timedelta,
    statement_timeout: timedelta,
    counts: bool = False,
) -> AsyncEngine:
    """Returns an engine; connects nothing yet.

    `url` is SQLAlchemy's, `postgresql+asyncpg://`. Beyond `pool_size` transactions, others wait for `wait`, which is
    also how long a connection may take to be made; the server cancels a statement after `statement_timeout`. One that
    does not even say so within half a second more is taken for unavailable, and the connection is given up.

    With `counts` no join is made row by row. Tables that nobody has analysed since they were filled are taken for empty
    ones, and then PostgreSQL would look through all of one for each row of another.
    """
    milliseconds = str(round(statement_timeout.total_seconds() * 1000))
    engine = create_async_engine(
        url,
        # Parameters are people's data, and the text of an error is not the place for them.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait.total_seconds(),
        # One round trip per transaction buys that no caller meets a connection that died with the last server.
        pool_pre_ping=True,
        connect_args={
            "timeout": wait.total_seconds(),
            "command_timeout": (statement_timeout + _ANSWER_GRACE).total_seconds(),
            "server_settings": {
                "application_name": application_name,
                "statement_timeout": milliseconds,
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                # Statements here touch a handful of rows by key: compiling them costs more than running them.
                "jit": "off",
                **({"enable_nestloop": "off"} if counts else {}),
            },
        },
    )
    engine.dialect.do_ping = _ping  # type: ignore[assignment, method-assign]
    event.listen(engine.sync_engine, "handle_error", _leave_read_only_server)
    event.listen(engine.sync_engine, "handle_error", _give_up_silent_connection)
    event.listen(engine.sync_engine, "invalidate", _hang_up)
    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Commits at the end of its block, rolls back when the block raises.

    DatabaseUnavailable (DatabaseBusy when the server is there) when that cannot be done now, DatabaseRefused when it
    never can. These carry the frames of the failure, but not its text.
    """
    with _translated(), span("postgresql", {"db.system.name": "postgresql"}, kind=Kind.CLIENT) as step:
        async with engine.begin() as connection:
            if not isinstance(step, Span):
                yield connection
                return
            statements = Statements(step.context)
            statements.listen(connection)
            try:
                yield connection
            finally:
                statements.leave(connection)


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Gives a connection on which every statement stands alone, without the two trips of a transaction around it.

    For what looks again and again whether there is anything to do. Raises as `transaction` does.
    """
    with _translated(), span("postgresql", {"db.system.name": "postgresql"}, kind=Kind.CLIENT):
        async with engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")


@asynccontextmanager
async def begun(connection: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    """A `transaction` on a connection that is kept by `session`: ends and raises likewise."""
    with _translated():
        async with connection.begin():
            yield connection


@asynccontextmanager
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Keeps one connection for its block, for what belongs to a session; `begun` begins a transaction in it.

    Raises as `transaction` does. Rare, and never in a call: it takes the connection from everybody else.
    """
    with _translated():
        async with engine.connect() as connection:
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseBusy("no connection came free in time") from error
    except OSError as error:  # a refused connection and a silent server (TimeoutError) come through unwrapped
        raise DatabaseUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        meaning = meaning_of(error, sqlstate_of(error.orig), lost=error.connection_invalidated)
        raise meaning.with_traceback(error.__traceback__) from None
    except PostgresError as error:  # so does what the server says while a connection is made
        raise meaning_of(error, sqlstate_of(error), lost=False).with_traceback(error.__traceback__) from None


def _ping(connection: Any) -> bool:
    """Asks whether the server is there, in one trip.

    SQLAlchemy's own question takes three, as it puts a transaction around a prepared statement, for poolers that give each
    transaction another server (its issue 10226). PostgreSQL's simple protocol prepares nothing.
    """
    try:
        connection.run_async(lambda driver: driver.execute("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - all of them are translated
        connection._handle_exception(error)  # noqa: SLF001 - as every statement's are, and SQLAlchemy's own ping does
    return True


def _leave_read_only_server(context: ExceptionContext) -> None:
    """Drops the pool's connections to a server that was demoted: they would stay good, and useless, for ever."""
    if sqlstate_of(context.original_exception) == READ_ONLY:
        context.is_disconnect = True


def _give_up_silent_connection(context: ExceptionContext) -> None:
    """Drops one connection whose server says nothing; each of the others finds out by itself, when it is taken."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def _hang_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry, error: BaseException | None) -> None:
    """Closes a silent connection at once: SQLAlchemy would say goodbye and wait 2 s for an answer (its issue 10717)."""
    if isinstance(error, TimeoutError):
        connection.driver_connection.terminate()
