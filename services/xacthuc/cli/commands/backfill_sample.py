"""`xacthuc backfill sample`: accounts that nobody has, to try everything with."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

import sys
from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_file


def sample(
    *,
    rows: Annotated[int, typer.Option(min=1, help="How many.")] = 1_000,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same rows, and fewer rows are the first of more.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A new .csv, .jsonl or .parquet file; CSV to standard output unless given."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of CSV, such as windows-1258 or tcvn3.")] = "utf-8",
    as_json: Json = False,
) -> None:
    """Makes accounts as a Vietnamese platform has them, with everything that is wrong with real ones.

    Names, numbers and birth dates are put together at random: they are nobody's.
    """
    from xacthuc.backfill.adapters.people import People
    from xacthuc.backfill.adapters.sample import Sample
    from xacthuc.backfill.adapters.sample_files import Format, write
    from xacthuc.tables.encodings import Encoding

    if as_json and out is None:
        raise typer.BadParameter("--json tells where the rows are, so give --out too")
    try:
        form = Format(out.suffix.removeprefix(".")) if out is not None else Format.CSV
        written = Encoding(encoding)
    except ValueError as error:
        raise typer.BadParameter(
            f"{error}; files end in {', '.join(Format)}, encodings are {', '.join(Encoding)}"
        ) from None
    people = People.load()
    blocks = Sample(people, seed).rows(rows)
    if out is None:
        write(sys.stdout.buffer, form, people.headings, blocks, written)
        return
    try:
        with out.open("xb") as file:
            write(file, form, people.headings, blocks, written)
    except FileExistsError:
        raise CommandFailed(f"{out} is there already", advice="Name a new file.", exit_status=EXIT_USAGE) from None
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}", exit_status=EXIT_USAGE) from None
    print_file(out, f"{rows} accounts in {out}", as_json=as_json)
