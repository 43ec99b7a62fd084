"""`xacthuc backfill check`: what an export holds, and what of it nobody can read, before anything is done with it."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

import gc
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xacthuc.cli import backfill_view as view
from xacthuc.cli.failure import EXIT_LEFT, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.backfill.adapters.columns import Columns, Guesser
    from xacthuc.backfill.adapters.exports import Export
    from xacthuc.backfill.adapters.reading import AccountReader
    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.usecases.check import Check
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy
    from xacthuc.tables.encodings import Encoding

_OBJECTS_OF_SOME_BATCHES: Final = 200_000
_REJECTS: Final = ("file", "row", "field", "reason")


def check(
    exports: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="CSV, JSON Lines or Parquet; patterns; - for standard input.")
    ],
    *,
    columns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML that says which column is what; guessed unless given.")
    ] = None,
    write_columns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write down what was guessed, to correct and give back.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of text, where it cannot be told: windows-1258, tcvn3.")] = "",
    show: Annotated[int | None, typer.Option(min=0, help="How many rows to show; 20, and none with --json.")] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rows go that nobody can read; FILE.rejects.csv unless given."),
    ] = None,
    start: Annotated[
        str,
        typer.Option(metavar="DATE", help="When the law came to cover the platform; that of Decree 147 unless given."),
    ] = "",
    days: Annotated[int | None, typer.Option(min=1, help="How long the law gives; 90 unless given.")] = None,
    policy_file: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="A policy file of your own, as the services read it."),
    ] = None,
    numbering_plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A numbering plan of your own, as the services read it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Reads an export of accounts and changes nothing: how its rows are read, what each account lacks, what is rejected.

    Ends with 0 when every row is about an account of its own, with 4 when some are not: the file of rejects has their
    place, field and reason, and nothing else of them.
    """
    from xacthuc.backfill.adapters.exports import found as exports_of
    from xacthuc.backfill.domain.deadline import Deadline
    from xacthuc.cli.rejects import RejectFile

    if write_columns is not None and columns is not None:
        raise typer.BadParameter("columns are guessed, or given by --columns")
    now = datetime.now(UTC)
    with _usable():
        files = exports_of(exports)
        reading = _Reading.of(policy_file, numbering_plan, columns, encoding, now)
        deadline = Deadline.of(reading.policy, _day(start), days)
        written = _rejects_beside(files, rejects)
        shown = view.Shown((0 if as_json else 20) if show is None else show)
        with RejectFile(written, _REJECTS) as rejected, _checking(reading.policy) as checked, _rarely_collected():
            for number, name in enumerate(files):
                export, reader = reading.opened(name)
                if number == 0:
                    _keep_columns(export.columns, write_columns)
                if not as_json:
                    view.tell_columns(export)
                for accounts in _batches(export, reader, shown=not as_json):
                    classes = checked.add(number, accounts)
                    rejected.add((export.name, each.place, each.field, each.reason) for each in accounts.rejected)
                    shown.add(accounts, classes)
            rejected.add((files[each.file], each.place, "account_id", "DUPLICATE") for each in checked.finish())
    view.tell(checked.report, shown.rows, deadline, str(written) if rejected.count else "", now, as_json=as_json)
    if rejected.count:
        raise typer.Exit(EXIT_LEFT)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How all exports of a run are read."""

    policy: "Policy"
    plan: "NumberPlan"
    guesser: "Guesser"
    columns: "Columns | None"
    encoding: "Encoding | None"
    now: datetime

    @classmethod
    def of(
        cls, policy: Path | None, plan: Path | None, columns: Path | None, encoding: str, now: datetime
    ) -> "_Reading":
        from xacthuc.backfill.adapters.columns import Columns, Guesser
        from xacthuc.phone import NumberPlan
        from xacthuc.policy import Policy
        from xacthuc.tables.encodings import Encoding

        if encoding and encoding not in list(Encoding):
            raise typer.BadParameter(f"write one of {', '.join(Encoding)}", param_hint="--encoding")
        numbers = NumberPlan.load(plan)
        return cls(
            policy=Policy.load(policy),
            plan=numbers,
            guesser=Guesser(numbers),
            columns=Columns.load(columns) if columns is not None else None,
            encoding=Encoding(encoding) if encoding else None,
            now=now,
        )

    def opened(self, name: str) -> "tuple[Export, AccountReader]":
        from xacthuc.backfill.adapters.exports import open_export, source_of
        from xacthuc.backfill.adapters.reading import AccountReader

        export = open_export(source_of(name, sys.stdin.buffer), self.guesser, self.columns, self.encoding)
        return export, AccountReader(export.columns, self.guesser.words, self.plan, self.policy, self.now)


def _batches(export: "Export", reader: "AccountReader", *, shown: bool) -> "Iterator[Accounts]":
    from xacthuc.cli.progress import Progress

    done, fields = 0, tuple(export.places)
    with Progress("rows", export.table.total, shown=shown and export.table.total > 0) as progress:
        for batch in export.table.batches(tuple(export.places.values())):
            yield reader.read(batch, fields)
            done += len(batch.places) + len(batch.rejected)
            progress.reach(done)


@contextmanager
def _checking(policy: "Policy") -> "Iterator[Check]":
    from xacthuc.backfill.adapters.repeats import DIGEST_BYTES, Digester, Repeats
    from xacthuc.backfill.usecases.check import ROW_BYTES, Check

    with Repeats(ROW_BYTES) as rows, Repeats(DIGEST_BYTES) as numbers:
        yield Check(policy, Digester(), rows=rows, numbers=numbers)


@contextmanager
def _rarely_collected() -> "Iterator[None]":
    """Has cycles looked for after so many new objects as a few batches have: after 700 it takes a sixth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_OF_SOME_BATCHES, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _usable() -> "Iterator[None]":
    from xacthuc.datafile import DataFileError
    from xacthuc.tables import UnusableTableError

    try:
        yield
    except UnusableTableError as error:
        raise CommandFailed(str(error), advice=error.advice, exit_status=EXIT_USAGE) from None
    except DataFileError as error:
        raise CommandFailed(str(error), exit_status=EXIT_USAGE) from None
    except OSError as error:
        raise CommandFailed(f"the reading broke off: {error.strerror}", advice="Check again from the start.") from None


def _day(text: str) -> "date | None":
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("a day, such as 2026-08-19", param_hint="--start") from None


def _rejects_beside(files: list[str], given: Path | None) -> Path:
    from xacthuc.backfill.adapters.exports import PIPE, REJECTS
    from xacthuc.cli.rejects import is_replaceable

    written = given or Path(f"{'standard-input' if files[0] == PIPE else files[0]}{REJECTS}")
    if written.resolve() in {Path(each).resolve() for each in files}:
        raise CommandFailed(f"{written} is what is read", advice="Name another file.", exit_status=EXIT_USAGE)
    if not is_replaceable(written, _REJECTS):
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
