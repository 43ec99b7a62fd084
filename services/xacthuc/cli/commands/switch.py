"""`xacthuc switch`: stops all sending, and allows it again."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from typing import Annotated, Final

import typer

from xacthuc.cli.options import Json, Reason
from xacthuc.cli.output import print_record

app = typer.Typer(help="Stops all sending, and allows it again.", no_args_is_help=True)

_LABELS: Final = {"platform": "platform", "sending": "sending"}

Platform = Annotated[str, typer.Option(help="Id of the platform; every platform unless given.")]


@app.callback()
def switch() -> None:
    """Stops all sending, and allows it again. Effective within a second, for what is queued too."""


@app.command("on")
def on(context: typer.Context, *, platform: Platform = "", reason: Reason, as_json: Json = False) -> None:
    """Engages the kill switch: nothing is sent, and nothing new is taken."""
    _set(context, platform, reason, engaged=True, as_json=as_json)


@app.command("off")
def off(context: typer.Context, *, platform: Platform = "", reason: Reason, as_json: Json = False) -> None:
    """Releases the kill switch: what waited and is still of use goes out."""
    _set(context, platform, reason, engaged=False, as_json=as_json)


def _set(context: typer.Context, platform: str, reason: str, *, engaged: bool, as_json: bool) -> None:
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        state = otp.ask(admin.set_kill_switch(platform, engaged=engaged, reason=reason))
    shown = {"platform": state["platform"] or "all", "sending": "stopped" if state["engaged"] else "allowed"}
    print_record(state if as_json else shown, _LABELS, as_json=as_json)
