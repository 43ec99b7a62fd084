"""`xacthuc accounts`: whose account stands on a number or a personal ID."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import sys
from typing import Annotated, Final

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_records

app = typer.Typer(help="Looks for accounts.", no_args_is_help=True)

_LABELS: Final = {"platform": "platform", "account": "account", "verify_time": "proven"}


@app.command("search")
def search(
    context: typer.Context,
    *,
    phone: Annotated[str, typer.Option(help="A mobile number; - reads it from standard input.")] = "",
    personal_id: Annotated[str, typer.Option(help="A personal ID; - reads it from standard input.")] = "",
    platform: Annotated[str, typer.Option(help="Look on this one alone.")] = "",
    as_json: Json = False,
) -> None:
    """Shows which accounts stand on a number or a personal ID now. The record keeps that you looked, not for whom.

    A command line is seen by everyone on the machine and kept in its history: give - and type it after that.
    """
    from xacthuc.cli.adapters import identity_admin_client as admin

    if bool(phone) == bool(personal_id):
        raise CommandFailed("say whom to look for: --phone or --personal-id, one of both", exit_status=EXIT_USAGE)
    call = admin.search_accounts(platform, phone_number=_given(phone), personal_id=_given(personal_id))
    with context.obj.identity_admin() as identity:
        accounts = identity.ask(call)["accounts"]
    print_records(accounts, _LABELS, empty="No account stands on it.", as_json=as_json)


def _given(text: str) -> str:
    return sys.stdin.readline().strip() if text == "-" else text
