"""`xacthuc up`: everything on this machine."""

# ruff: noqa: PLC0415 - what runs the stack is imported when it runs, so that `xacthuc --help` stays quick

from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.options import Json


def up(
    context: typer.Context,
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Where everything is kept; as `xacthuc --data`.")
    ] = None,
    port_base: Annotated[int, typer.Option(min=1, max=65524, help="First port: otp there, identity at +10.")] = 7411,
    as_json: Json = False,
    die_with_parent: Annotated[bool, typer.Option("--die-with-parent", help="Stop when the caller ends.")] = False,
) -> None:
    """Runs everything on this machine until Ctrl-C."""
    from xacthuc.up.main import Options, main

    options = Options(
        data=data or context.obj.data, port_base=port_base, as_json=as_json, die_with_parent=die_with_parent
    )
    raise typer.Exit(main(options))
