"""`xacthuc db`: the schema of a deployment's database."""

# ruff: noqa: PLC0415 - the database driver is imported when used, so that `xacthuc --help` stays quick

from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_UNREACHABLE, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_json
from xacthuc.sql.urls import EXAMPLE

app = typer.Typer(help="Migrates the database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Migrates the database."""


@app.command("upgrade")
def upgrade(
    *,
    url: Annotated[
        str, typer.Option("--database-url", envvar="XACTHUC_DATABASE_URL", help="Better set in the environment.")
    ] = "",
    key_url: Annotated[
        str,
        typer.Option(
            "--key-database-url",
            envvar="XACTHUC_KEY_DATABASE_URL",
            help="Where the accounts' keys have a database of their own. Better set in the environment.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Brings the schema up to date, before a new version serves. Doing it again changes nothing."""
    if not url:
        raise CommandFailed(
            "no database is named",
            advice=f"Set XACTHUC_DATABASE_URL, such as {EXAMPLE}",
            exit_status=EXIT_USAGE,
        )
    from asyncpg import PostgresError

    from xacthuc.sql.errors import DatabaseBusy
    from xacthuc.up.migrate import main

    try:
        changed = main(url, key_url)
    except ValueError as error:
        raise CommandFailed(str(error), advice="Correct XACTHUC_DATABASE_URL.", exit_status=EXIT_USAGE) from error
    except OSError as error:
        raise CommandFailed(
            f"the database does not answer: {error.strerror or type(error).__name__}",
            advice="Check that it runs and that XACTHUC_DATABASE_URL names it.",
            exit_status=EXIT_UNREACHABLE,
        ) from error
    except PostgresError as error:
        raise CommandFailed(
            f"the database refuses: {error.sqlstate} {type(error).__name__}",
            advice="Check the user, the password and the database of XACTHUC_DATABASE_URL, and the rights of that user.",
        ) from error
    except DatabaseBusy as error:
        raise CommandFailed(
            f"nothing is half done, but {error}",
            advice="Look in pg_stat_activity for a long transaction, a backup's for instance, and run this again after it.",
            exit_status=EXIT_UNREACHABLE,
        ) from error
    if as_json:
        print_json({"changed": changed})
    else:
        typer.echo("The schema is up to date now." if changed else "The schema was up to date already.")
