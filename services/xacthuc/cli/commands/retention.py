"""`xacthuc retention`: what is kept for how long, and whether it is gone in time."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.commands import holds
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_record, print_records

app = typer.Typer(
    help="Shows how long data is kept, and holds it where an authority orders that.", no_args_is_help=True
)
app.add_typer(holds.app, name="holds")

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
