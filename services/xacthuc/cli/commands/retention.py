"""`xacthuc retention`: what is kept for how long, and whether it is gone in time."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.commands import cases, duties, holds, releases
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_record, print_records

app = typer.Typer(
    help="Shows how long data is kept, and holds it where an authority orders that.", no_args_is_help=True
)
app.add_typer(holds.app, name="holds")
app.add_typer(duties.requests, name="requests")
app.add_typer(duties.breaches, name="breaches")
app.add_typer(cases.app, name="cases")
app.add_typer(releases.app, name="releases")

_KINDS = {
    "data": "data",
    "kept": "kept",
    "starts": "from when",
    "late_row_count": "late",
    "held_row_count": "held",
    "legal_basis": "basis",
}


_ERASURE = {
    "cause": "cause",
    "want_time": "wanted",
    "seal_time": "sealed apart",
    "key_destroy_time": "key destroyed",
    "due_time": "due",
    "end_time": "destroyed",
    "complete_time": "complete",
}
_WORD = {
    "service": "service",
    "due_time": "due",
    "acknowledge_time": "acknowledged",
    "keep_until_time": "keeps the rest until",
}


@app.command("evidence")
def evidence(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    account: Annotated[str, typer.Argument(help="Id of the account.")],
    *,
    statement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the signed statement, a JWS.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Shows what was destroyed of an account, when, by which clock, and who acknowledged it. Audited."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask(admin.erasure_evidence(platform, account))
    if statement is not None:
        statement.write_text(found["statement"] + "\n", "ascii")
    if as_json:
        print_json(found)
        return
    for erasure in found["erasures"]:
        rows = ", ".join(f"{table} {count}" for table, count in sorted(erasure["destroyed_row_counts"].items()))
        print_record({**erasure, "rows": rows}, {**_ERASURE, "rows": "rows"}, as_json=False)
        print_records(erasure["acknowledgements"], _WORD, empty="No other service has to acknowledge.", as_json=False)


@app.command("export")
def export(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of the account.")],
    *,
    platform: Annotated[str, typer.Option(help="Id of the platform.")],
    out: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where to write; made if it is not there.")],
    without: Annotated[
        str,
        typer.Option(metavar="SERVICES", help="Services not to ask, with commas; the document says what is missing."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Writes everything that is held on an account, in clear, as JSON and as a page to read. Audited by each service.

    Only whoever runs the command can read the files. Status 5 when a service does not answer: nothing is written then.
    """
    from xacthuc.cli.exporting import gathered
    from xacthuc.up.layout import write_private

    whole = gathered(context.obj, platform, account, _services(without))
    written = []
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind, content in (("json", whole.as_json()), ("html", whole.as_page())):
            path = out / f"{account.rpartition('/')[2]}.{kind}"
            write_private(path, content)
            written.append(str(path))
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written: {error.strerror}", advice="Name another directory.", exit_status=EXIT_USAGE
        ) from None
    if as_json:
        print_json({"files": written, "missing": list(whole.missing)})
        return
    if whole.missing:
        note(f"This is not everything: what {', '.join(whole.missing)} holds is missing, and the document says so.")
    note(f"Written, in clear: {', '.join(written)}. Hand them over and delete them.")


def _services(names: str) -> list[str]:
    """Reads services that are not to be asked."""
    from xacthuc.shares.whole import OTHERS

    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if wanted - set(OTHERS):
        raise CommandFailed(
            f"--without names what cannot be left out: {', '.join(sorted(wanted - set(OTHERS)))}",
            advice=f"Name some of these, with commas: {', '.join(OTHERS)}",
            exit_status=EXIT_USAGE,
        )
    return [name for name in OTHERS if name in wanted]


@app.command("status")
def status(context: typer.Context, *, as_json: Json = False) -> None:
    """Shows each kind of data with its clock, what is late, and which duties are overdue. Fails when anything is."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask(admin.list_figures())
    late = sum(kind["late_row_count"] for kind in found["kinds"])
    overdue = [duty for duty in found["duties"] if duty["overdue_count"]]
    if as_json:
        print_json(found)
    else:
        print_records(found["kinds"], _KINDS, empty="", as_json=False)
        for duty in overdue:
            note(f"overdue: {duty['overdue_count']} {duty['duty']}")
        if late:
            note(f"{late} rows are kept longer than they may be: see docs/retention.md")
    if late or overdue:
        raise typer.Exit(1)
