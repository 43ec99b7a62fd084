"""`xacthuc platforms`: who may call the services."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from typing import Annotated

import typer

from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record, print_records

app = typer.Typer(help="Creates and lists platforms.", no_args_is_help=True)

_LABELS = {"name": "platform", "display_name": "display name", "create_time": "created"}


@app.command("create")
def create(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Its id: 3 to 40 of a-z 0-9 -, a letter first.")],
    *,
    display_name: Annotated[str, typer.Option(help="Its name for people, in front of messages: at most 11 letters.")],
    as_json: Json = False,
) -> None:
    """Creates a platform; it then needs a key."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.create_platform(platform, display_name))
    print_record(made, _LABELS, as_json=as_json)


@app.command("list")
def show(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists the platforms."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        platforms = identity.ask_all(admin.list_platforms, "platforms")
    empty = "No platforms yet. Create one: xacthuc platforms create my-forum --display-name MyForum"
    print_records(platforms, _LABELS, empty=empty, as_json=as_json)
