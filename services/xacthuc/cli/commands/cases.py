"""`xacthuc retention cases`: orders to remove or lock something, and complaints, by when they are due."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from enum import StrEnum
from typing import Annotated

import typer

from xacthuc.cli.instants import When, instant
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record, print_records

app = typer.Typer(help="Keeps orders of authorities and complaints of users, and by when.", no_args_is_help=True)

_ROW = {
    "name": "case",
    "kind": "kind",
    "reference": "reference",
    "emergency": "emergency",
    "demand_time": "received",
    "due_time": "due",
    "close_time": "closed",
    "outcome": "outcome",
}


class Kind(StrEnum):
    """What it is."""

    TAKEDOWN = "takedown"
    LOCK = "lock"
    COMPLAINT = "complaint"


@app.command("open")
def open_case(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    *,
    reference: Annotated[str, typer.Option(help="Number of the order, or your own of the complaint.")],
    received: When = "",
    emergency: Annotated[bool, typer.Option("--emergency", help="The order says so: due in 6 hours.")] = False,
    as_json: Json = False,
) -> None:
    """Keeps an order or a complaint, and shows by when it is due."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    call = admin.open_case(platform, kind.name, reference, instant(received), emergency=emergency)
    with context.obj.identity_admin() as identity:
        print_record(identity.ask(call), _ROW, as_json=as_json)


@app.command("close")
def close_case(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="platforms/PLATFORM/cases/ID, as listed.")],
    *,
    outcome: Annotated[str, typer.Option(help="What was done, or why nothing was.")],
    as_json: Json = False,
) -> None:
    """Notes that it was dealt with."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.close_case(name, outcome)), _ROW, as_json=as_json)


@app.command("list")
def list_cases(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were dealt with.")] = False,
    as_json: Json = False,
) -> None:
    """Lists what is not dealt with."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(lambda token: admin.list_cases(platform, token, open_only=not everything), "cases")
    print_records(found, _ROW, empty="No cases.", as_json=as_json)
