"""`xacthuc jobs`: work that failed as often as it may, and waits for an operator."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from typing import Annotated

import typer

from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_records

app = typer.Typer(help="Shows work of identity that was given up, and has it tried anew.", no_args_is_help=True)

_JOB = {
    "name": "job",
    "kind": "kind",
    "attempt_count": "tried",
    "last_attempt_time": "last",
    "outcome": "ended with",
}


@app.command("list")
def list_jobs(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists what was given up, by kind, the oldest first."""
    from xacthuc.cli.adapters import job_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(admin.list_held_jobs, "held_jobs")
    print_records(found, _JOB, empty="Nothing was given up.", as_json=as_json)


@app.command("retry")
def retry(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="heldJobs/JOB, as listed; several at once.", metavar="JOB...")],
    *,
    as_json: Json = False,
) -> None:
    """Has jobs tried anew, at once and as often as new ones. Mend first what made them fail."""
    from xacthuc.cli.adapters import job_admin_client as admin

    with context.obj.identity_admin() as identity:
        for name in names:
            identity.ask(admin.retry_held_job(name))
            note(f"{name} is tried anew.")
    if as_json:
        print_json(names)
