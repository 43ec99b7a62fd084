"""`xacthuc operators`: the mobile operators that confirm numbers."""

# ruff: noqa: PLC0415 - an event loop and the HTTP client are imported when used, so that `xacthuc --help` stays quick

from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_FAILED, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_records

app = typer.Typer(help="Checks mobile operators that confirm numbers.", no_args_is_help=True)

LABELS = {"name": "operator", "finding": "answers", "milliseconds": "ms", "ranges": "ranges", "url": "address"}


@app.callback()
def operators() -> None:
    """Checks mobile operators that confirm numbers."""


@app.command("check")
def check(
    *,
    directory: Annotated[
        Path,
        typer.Option(envvar="XACTHUC_OPERATORS_DIRECTORY", help="Of the operator files.", metavar="DIRECTORY"),
    ] = Path("/etc/xacthuc/operators"),
    as_json: Json = False,
) -> None:
    """Reads every operator file and asks each operator about a number that nobody has, with a token it never issued.

    An operator is ready when it refuses that token. Exit status 1 when one is not.
    """
    import asyncio

    from xacthuc.datafile import DataFileError
    from xacthuc.otp.adapters.camara.operator_file import OperatorFile, read_all
    from xacthuc.otp.adapters.camara.probe import probe

    async def ask(described: OperatorFile) -> dict[str, object]:
        found = await probe(described)
        return {
            "name": described.name,
            "ready": found.ready,
            "finding": found.finding,
            "milliseconds": found.milliseconds,
            "ranges": list(described.ranges),
            "url": described.verify_url,
        }

    async def ask_all(all_described: tuple[OperatorFile, ...]) -> list[dict[str, object]]:
        return list(await asyncio.gather(*map(ask, all_described)))

    # The service may start without the directory; who asks for a check means one that is there.
    if not directory.is_dir():
        raise CommandFailed(
            f"{directory} is not a directory",
            advice="Name the one that holds the operator files with --directory.",
            exit_status=EXIT_USAGE,
        )
    try:
        described = read_all(directory)
    except DataFileError as error:
        raise CommandFailed(
            str(error),
            advice="Correct the file; docs/silent-verification.md says what goes into it.",
            exit_status=EXIT_USAGE,
        ) from None
    found = asyncio.run(ask_all(described))
    print_records(found, LABELS, empty=f"No operator is described in {directory}", as_json=as_json)
    if not all(each["ready"] for each in found):
        raise typer.Exit(EXIT_FAILED)
