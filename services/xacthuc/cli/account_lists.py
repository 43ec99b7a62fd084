"""Accounts as several commands take many of them: each by an option, or all in a file."""

from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

Accounts = Annotated[list[str] | None, typer.Option("--account", help="An account; may be given several times.")]
AccountsFile = Annotated[
    Path | None, typer.Option("--accounts-file", help="A file with an account a line; - is standard input.")
]


def accounts_of(given: list[str] | None, file: Path | None) -> list[str]:
    """Returns what both name; a usage error when that is nobody."""
    lines: list[str] = []
    if file is not None:
        try:
            text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
            lines = text.split()
        except (OSError, UnicodeDecodeError):
            raise CommandFailed(
                f"{file} cannot be read as text", advice="Name a file with an account a line.", exit_status=EXIT_USAGE
            ) from None
    accounts = [*(given or ()), *lines]
    if not accounts:
        raise typer.BadParameter("name accounts with --account or --accounts-file")
    return accounts
