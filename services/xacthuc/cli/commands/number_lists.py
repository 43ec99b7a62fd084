"""`xacthuc reconcile import` and `lists`: what operators and regulators say of numbers."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.lists.rows import Kind
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.cli.lists.reading import NumberList
    from xacthuc.cli.lists.rows import Report
    from xacthuc.cli.session import Service
    from xacthuc.tables.rows import Rejected

_REPORT: Final = {
    "row_count": "rows",
    "rejected_count": "rejected",
    "unknown_count": "of nobody here",
    "nothing_count": "led to nothing",
    "note_count": "noted",
    "reverify_count": "to be proven again",
    "restrict_count": "restricted",
    "changed_count": "accounts changed",
}
_LIST: Final = {
    "name": "list",
    "kind": "kind",
    "source": "source",
    "dry_run": "dry run",
    "row_count": "rows",
    "changed_count": "accounts changed",
    "actor": "by",
    "create_time": "begun",
    "complete_time": "complete",
}


def import_list(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with a row of headings, JSON Lines or Parquet.")],
    *,
    kind: Annotated[Kind, typer.Option(help="What it says of its numbers.")],
    source: Annotated[str, typer.Option(help="Who made it, such as viettel or cuc-vien-thong.")],
    headings: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="TOML that names its headings and words.")
    ] = None,
    observed: Annotated[
        str, typer.Option(metavar="DATE", help="When it was made, if no column says so for each row.")
    ] = "",
    numbering_plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A numbering plan of your own, as the services read it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find and count everything, change nothing.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rows go that cannot be used; FILE.rejects.csv unless given."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Imports a list of an operator or a regulator; the policy decides what follows for accounts on its numbers.

    After an interruption say the same again: it goes on where it was. Rows that cannot be used stop nothing; the file of
    rejects has their place, field and reason, and no number.
    """
    from xacthuc.cli.lists.importing import REJECT_COLUMNS, Heading, import_rows
    from xacthuc.cli.progress import Progress
    from xacthuc.cli.rejects import RejectFile

    written = rejects or file.with_name(f"{file.name}.rejects.csv")
    if written.resolve() in {each.resolve() for each in (file, headings) if each is not None}:
        raise CommandFailed(f"{written} is what is read", advice="Name another file.", exit_status=EXIT_USAGE)
    numbers, reading = _opened(file, kind, headings, observed, numbering_plan)
    heading = Heading(digest=numbers.digest, kind=kind, source=source, dry_run=dry_run, reading=reading)
    with (
        RejectFile(written, REJECT_COLUMNS) as rejected,
        Progress("rows", numbers.total, shown=not as_json) as progress,
        context.obj.identity_admin() as identity,
    ):
        sender = _Sender(identity, heading)
        import_rows(numbers.rows(), sender, rejected, progress.reach)
    _tell(sender.kept, rejected.count, written, as_json=as_json)


def lists(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists what was imported, or is half-way."""
    from xacthuc.cli.adapters import reconciliation_lists_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(admin.list_number_lists, "number_lists")
    print_records(found, _LIST, empty="None was imported: xacthuc reconcile import FILE", as_json=as_json)


class _Sender:
    """Sends batches, and keeps the last answer."""

    def __init__(self, identity: "Service", heading: Any) -> None:
        self._identity, self._heading = identity, heading
        self.kept: dict[str, Any] = {}

    def __call__(self, first_row: int, rows: "Sequence[Report | Rejected]", complete: bool) -> int:  # noqa: FBT001 - of `Send`
        from xacthuc.cli.adapters import reconciliation_lists_client as admin

        call = admin.import_findings(self._heading, first_row, rows, complete=complete)
        try:
            self.kept = self._identity.ask(call)
        except CommandFailed as failed:
            raise _interrupted(failed, self.kept) from None
        return int(self.kept["row_count"])


def _opened(
    file: Path, kind: Kind, headings: Path | None, observed: str, numbering_plan: Path | None
) -> "tuple[NumberList, str]":
    """Returns the list, and what decides how its rows are understood."""
    from xacthuc.cli.lists import values
    from xacthuc.cli.lists.columns import Headings
    from xacthuc.cli.lists.reading import Context, NumberList
    from xacthuc.datafile import DataFileError
    from xacthuc.phone import NumberPlan
    from xacthuc.tables.cells import BadCellError

    now = datetime.now(UTC)
    try:
        when = values.observed(observed, now) if observed else None
        plan = NumberPlan.load(numbering_plan)
    except BadCellError:
        raise typer.BadParameter(
            "a day that has been, such as 2026-11-01 or 01/11/2026", param_hint="--observed"
        ) from None
    except DataFileError as error:
        raise CommandFailed(str(error), exit_status=EXIT_USAGE) from None
    known = Headings.load(headings)
    files = [b"" if path is None else path.read_bytes() for path in (headings, numbering_plan)]
    numbers = NumberList(file, Context(kind=kind, headings=known, plan=plan, now=now, observed=when))
    return numbers, "\n".join([observed, *(hashlib.sha256(each).hexdigest() for each in files)])


def _interrupted(failed: CommandFailed, kept: dict[str, Any]) -> CommandFailed:
    done = int(kept.get("row_count", 0))
    again = "Import the same file again, in the same words: it goes on where it was."
    return CommandFailed(
        failed.message,
        advice=failed.advice or again,
        exit_status=failed.exit_status,
        lines=(*failed.lines, f"{done} rows were taken; {again[0].lower()}{again[1:]}"),
        facts={**failed.facts, "rows_taken": done},
    )


def _tell(kept: dict[str, Any], rejected: int, written: Path, *, as_json: bool) -> None:
    where = str(written) if rejected else ""
    if as_json:
        print_json({**kept, "rejects": where})
        return
    print_record(kept, _REPORT, as_json=False)
    if kept["dry_run"]:
        note("Nothing was changed; without --dry-run it is.")
    if rejected:
        note(f"rows that cannot be used: {rejected}; see {where}")
