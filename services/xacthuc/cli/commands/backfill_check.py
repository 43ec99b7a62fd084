"""`xacthuc backfill check`: what an export holds, and what of it nobody can read, before anything is done with it."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xacthuc.cli import backfill_view as view
from xacthuc.cli.backfill_reading import (
    REJECTS,
    ColumnsFile,
    Days,
    Done,
    EncodingOfText,
    Exports,
    NumberingPlan,
    PolicyFile,
    Reading,
    Start,
    batches,
    checking,
    deadline_of,
    usable,
)
from xacthuc.cli.failure import EXIT_LEFT, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json

if TYPE_CHECKING:
    from xacthuc.backfill.adapters.columns import Columns
    from xacthuc.backfill.domain.accounts import Accounts


def check(
    exports: Exports,
    *,
    columns: ColumnsFile = None,
    write_columns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write down what was guessed, to correct and give back.")
    ] = None,
    encoding: EncodingOfText = "",
    show: Annotated[int | None, typer.Option(min=0, help="How many rows to show; 20, and none with --json.")] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rows go that nobody can read; FILE.rejects.csv unless given."),
    ] = None,
    start: Start = "",
    days: Days = None,
    policy_file: PolicyFile = None,
    numbering_plan: NumberingPlan = None,
    as_json: Json = False,
) -> None:
    """Reads an export of accounts and changes nothing: how its rows are read, what each account lacks, what is rejected.

    Ends with 0 when every row is about an account of its own, with 4 when some are not: the file of rejects has their
    place, field and reason, and nothing else of them.
    """
    from xacthuc.backfill.adapters.exports import found as exports_of
    from xacthuc.backfill.adapters.repeats import Digester
    from xacthuc.cli.rejects import RejectFile

    if write_columns is not None and columns is not None:
        raise typer.BadParameter("columns are guessed, or given by --columns")
    now = datetime.now(UTC)
    with usable():
        files = exports_of(exports)
        reading = Reading.of(policy_file, numbering_plan, columns, encoding, now)
        deadline = deadline_of(reading.policy, start, days)
        written = _rejects_beside(files, rejects)
        shown = view.Shown((0 if as_json else 20) if show is None else show)
        with RejectFile(written, REJECTS) as rejected, checking(reading.policy, Digester()) as checked:
            for number, name in enumerate(files):
                export, reader = reading.opened(name)
                if number == 0:
                    _keep_columns(export.columns, write_columns)
                if not as_json:
                    view.tell_columns(export)

                def make(accounts: "Accounts", number: int = number) -> Done:
                    rows = shown.rows_of(accounts, checked.classes(accounts))
                    return Done(checked.tally(number, accounts), accounts.rejected, rows, ())

                for done in batches(export, reader, make, shown=not as_json):
                    checked.take(done.tally)
                    rejected.add((export.name, each.place, each.field, each.reason) for each in done.rejected)
                    shown.add(done.shown)
            rejected.add((files[each.file], each.place, "account_id", "DUPLICATE") for each in checked.finish())
    view.tell(checked.report, shown.rows, deadline, str(written) if rejected.count else "", now, as_json=as_json)
    if rejected.count:
        raise typer.Exit(EXIT_LEFT)


def _rejects_beside(files: list[str], given: Path | None) -> Path:
    from xacthuc.backfill.adapters.exports import PIPE
    from xacthuc.backfill.adapters.exports import REJECTS as ENDING
    from xacthuc.cli.rejects import is_replaceable

    written = given or Path(f"{'standard-input' if files[0] == PIPE else files[0]}{ENDING}")
    if written.resolve() in {Path(each).resolve() for each in files}:
        raise CommandFailed(f"{written} is what is read", advice="Name another file.", exit_status=EXIT_USAGE)
    if not is_replaceable(written, REJECTS):
        raise CommandFailed(
            f"{written} is there already and is no file of rejects",
            advice="Name another file with --rejects.",
            exit_status=EXIT_USAGE,
        )
    return written


def _keep_columns(columns: "Columns", path: Path | None) -> None:
    if path is None:
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(columns.as_toml())
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror}", exit_status=EXIT_USAGE) from None
