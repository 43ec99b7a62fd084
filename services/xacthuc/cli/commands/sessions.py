"""`xacthuc sessions`: the log of who logged in and out, and what was published (R48)."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from datetime import datetime
from typing import Annotated

import typer

from xacthuc.cli.instants import TIME, instant
from xacthuc.cli.options import Account, Json, PlatformId
from xacthuc.cli.output import print_records

app = typer.Typer(help="Reads the session log, for whoever has to be answered.", no_args_is_help=True)

_ENTRY = {
    "occur_time": "time",
    "kind": "what",
    "ip_address": "address",
    "source_port": "port",
    "content_id": "content",
}


@app.command("list")
def list_sessions(
    context: typer.Context,
    platform: PlatformId,
    *,
    account: Account,
    start: Annotated[datetime, typer.Option("--from", parser=instant, metavar=TIME, help="From then on.")],
    end: Annotated[datetime, typer.Option("--to", parser=instant, metavar=TIME, help="Before then.")],
    basis: Annotated[str, typer.Option(help="What it is read for, such as the number of a request.")],
    as_json: Json = False,
) -> None:
    """Lists log-ins, log-outs and what was published, oldest first. That you read it is in the audit trail."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(
            lambda token: admin.list_sessions(platform, account, token, start=start, end=end, basis=basis), "entries"
        )
    print_records(found, _ENTRY, empty="Nothing was logged of this account in that time.", as_json=as_json)
