"""Brings a schema up to date with Alembic, and tells without it whether anything is to be done.

Alembic and SQLAlchemy take longer to import than a question to PostgreSQL takes to answer, so an up-to-date database is
recognised through asyncpg alone. Revisions are linear, in files named `<revision>_<what>.py`; the greatest name is the
head. What a revision may do while the code before it still runs is said in docs/decisions/0023-migrations.md.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from xacthuc.secret_files import given
from xacthuc.sql.errors import DatabaseBusy
from xacthuc.sql.urls import EXAMPLE, SCHEME, check_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LOCK: Final = "SELECT pg_advisory_lock(hashtextextended($1, 1))"
"""Seed 1 keeps it apart from the relay's lock of the same schema."""

_LOCK_NOT_AVAILABLE: Final = "55P03"
"""PostgreSQL appendix A."""

_WHERE: Final = "XACTHUC_DATABASE_URL, or XACTHUC_KEY_DATABASE_URL if the accounts' keys have a database of their own"


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one schema."""

    schema: str
    directory: Path
    """Holds `env.py` and `versions/`."""
    lock_wait: timedelta = timedelta(seconds=3)
    """How long a statement waits for a table in use, a backup's for instance: whoever wants the table meanwhile queues
    behind it, and the services give up after seconds as well."""

    def head(self) -> str:
        """Returns the newest revision there is."""
        return max(file.name for file in (self.directory / "versions").glob("[0-9]*.py")).partition("_")[0]

    def upgrade(self, url: str) -> bool:
        """Brings the schema at the SQLAlchemy `url` to the head; returns whether there was anything to do.

        Several may be started at once: one works, the others wait for it. A schema that newer code has brought further is
        left alone, because this code works on it. DatabaseBusy when a table stayed in use; the revision that needed it is
        then undone and may be tried again. ValueError for an URL that is not PostgreSQL's; raises what asyncpg raises when
        the database does not answer or refuses.
        """
        check_url(url)
        return asyncio.run(self._upgrade(url))

    async def _upgrade(self, url: str) -> bool:
        connection = await asyncpg.connect(dsn(url))
        try:
            if await self._is_there(connection):
                return False
            await connection.execute(_LOCK.replace("$1", f"'{self.schema}.migrations'"))
            if await self._is_there(connection):
                return False
            await asyncio.to_thread(self._run_alembic, url)
        finally:
            await connection.close()
        return True

    async def _is_there(self, connection: asyncpg.Connection) -> bool:
        return (await self._revision(connection) or "") >= self.head()

    async def _revision(self, connection: asyncpg.Connection) -> str | None:
        """Returns the schema's revision; None for a database that knows nothing of it."""
        table = f"{self.schema}.alembic_version"
        if await connection.fetchval("SELECT to_regclass($1)", table) is None:
            return None
        revision: str | None = await connection.fetchval(f"SELECT version_num FROM {table}")  # noqa: S608 - a constant
        return revision

    def _run_alembic(self, url: str) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(self.directory).replace("%", "%%"))
        config.attributes.update(url=url, schema=self.schema, lock_wait=self.lock_wait)
        command.upgrade(config, "head")


def migrate_from_environment(migrate: Callable[[str], object]) -> None:
    """What a service's job that migrates runs: `migrate` with `XACTHUC_DATABASE_URL`, straight from where it was given.

    It needs no keys and no certificates, and reading settings would slow down what mostly finds nothing to do.
    """
    url = given("XACTHUC_DATABASE_URL")
    if not url:
        sys.exit(f"Set XACTHUC_DATABASE_URL, such as {EXAMPLE}.")
    try:
        migrate(url)
    except ValueError as error:
        sys.exit(f"Correct {_WHERE}: {error}.")
    except OSError as error:
        sys.exit(
            f"The database does not answer ({error.strerror or type(error).__name__}): check that it runs where this says: {_WHERE}."
        )
    except asyncpg.PostgresError as error:
        sys.exit(
            f"The database refuses ({error.sqlstate} {type(error).__name__}): check the user, the password and the database of"
            f" {_WHERE}; and the rights of that user."
        )
    except DatabaseBusy as error:
        sys.exit(f"Nothing is half done, but {error}, by a backup perhaps: see pg_stat_activity, and run this again.")


def dsn(url: str) -> str:
    """Returns the URL as asyncpg reads it: SQLAlchemy hands `ssl` over as an argument, libpq's URLs call it `sslmode`."""
    base, mark, query = url.replace(SCHEME, "postgresql://", 1).partition("?")
    return base + mark + "&".join(re.sub(r"^ssl=", "sslmode=", part) for part in query.split("&"))


async def run_environment(attributes: Mapping[str, Any]) -> None:
    """What a schema's `env.py` does: runs the pending revisions, each in a transaction of its own."""
    from alembic import context  # noqa: PLC0415 - see the module's docstring
    from sqlalchemy import Connection, text  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    def migrate(connection: Connection) -> None:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {attributes['schema']}"))
        connection.commit()
        context.configure(
            connection=connection, version_table_schema=attributes["schema"], transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()

    milliseconds = str(round(attributes["lock_wait"].total_seconds() * 1000))
    server_settings = {"lock_timeout": milliseconds}
    engine = create_async_engine(
        attributes["url"], poolclass=NullPool, connect_args={"server_settings": server_settings}
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise DatabaseBusy("a table that has to change is in use") from None
        raise
    finally:
        await engine.dispose()
