"""`xacthuc blocks`: numbers that receive nothing, and lifting that."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xacthuc.cli.failure import EXIT_FAILED, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json, Reason, span
from xacthuc.cli.output import note, print_json

if TYPE_CHECKING:
    from xacthuc.cli.block_list import Rejected, Row

app = typer.Typer(help="Imports block lists and lifts blocks.", no_args_is_help=True)

_AT_ONCE: Final = 1000
"""The most the contract takes in a call."""


@app.command("import")
def import_list(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One number a line, or CSV: commas, semicolons or tabs.")],
    *,
    source: Annotated[str, typer.Option(help="Who asked for it, such as a document number.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the numbers are blocked.")],
    column: Annotated[int, typer.Option(min=0, help="Which column holds the numbers, from 0.")] = 0,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to write what was not blocked; FILE.rejects.csv unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Blocks the numbers of a file for all platforms. Importing it again replaces its blocks, so just repeat it.

    Exit status 1 when something was not blocked; the file of rejects says what and why.
    """
    from xacthuc.cli import block_list
    from xacthuc.cli.adapters import otp_admin_client as admin
    from xacthuc.cli.rejects import RejectFile

    written = rejects or file.with_name(f"{file.name}.rejects.csv")
    if written.resolve() == file.resolve():
        raise CommandFailed(f"{written} is the list itself", advice="Name another file.", exit_status=EXIT_USAGE)
    total, done, blocked = block_list.count(file, column), 0, 0
    with RejectFile(written, block_list.REJECT_COLUMNS) as rejected, context.obj.otp_admin() as otp:
        for batch in _batches(block_list.read(file, column)):
            rows = [each for each in batch if isinstance(each, block_list.Row)]
            faults = [each for each in batch if isinstance(each, block_list.Rejected)]
            if rows:
                call = admin.import_block_list([row.text for row in rows], source, timedelta(days=days))
                try:
                    answer = otp.ask(call)
                except CommandFailed as failed:
                    raise _interrupted(failed, done, total) from None
                blocked += answer["blocked_count"]
                faults += [block_list.Rejected(rows[each["index"]], each["refusal"]) for each in answer["rejected"]]
            rejected.add(block_list.reject_rows(faults))
            done += len(batch)
            if not as_json and total > _AT_ONCE:
                note(f"{done} of {total}")
    _tell(blocked, rejected.count, written, as_json=as_json)
    if rejected.count:
        raise typer.Exit(EXIT_FAILED)


@app.command("lift")
def lift(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="In any spelling.")],
    *,
    reason: Reason,
    pass_for: Annotated[
        str, typer.Option(metavar="SPAN", help="Let it pass blocks, bars and the fraud guard, such as 7d; 30d at most.")
    ] = "",
    platform: Annotated[
        str, typer.Option(help="Lift this platform's bars and spent allowances of the number as well.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Lifts what keeps codes from a number, now or for a while."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin(platform) as otp:
        lifted = otp.ask(admin.unblock_number(number, reason, span(pass_for) if pass_for else None))
    if as_json:
        print_json(lifted)
    else:
        note(f"Lifted; it passes for {pass_for}." if pass_for else "Lifted.")


def _batches(entries: Iterator["Row | Rejected"]) -> Iterator[list["Row | Rejected"]]:
    while batch := list(islice(entries, _AT_ONCE)):
        yield batch


def _interrupted(failed: CommandFailed, done: int, rows: int) -> CommandFailed:
    return CommandFailed(
        failed.message,
        advice=failed.advice or "Import the same file again: what is blocked already stays blocked.",
        exit_status=failed.exit_status,
        lines=(*failed.lines, f"{done} of {rows} rows were dealt with; import the same file again"),
        facts={**failed.facts, "rows_done": done, "rows": rows},
    )


def _tell(blocked: int, rejected: int, written: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"blocked": blocked, "rejected": rejected, "rejects": str(written) if rejected else ""})
        return
    note(f"{blocked} numbers are blocked.")
    if rejected:
        note(f"{rejected} rows are not; see {written}")
