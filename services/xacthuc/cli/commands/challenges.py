"""`xacthuc challenges`: what became of one attempt, for support."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from typing import Annotated

import typer

from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record

app = typer.Typer(help="Shows challenges.", no_args_is_help=True)

LABELS = {
    "name": "challenge",
    "platform": "platform",
    "state": "state",
    "masked_phone_number": "number",
    "purpose": "purpose",
    "channel": "channel",
    "delivery_state": "delivery",
    "send_time": "sent",
    "deliver_time": "delivered",
    "provider": "provider",
    "create_time": "started",
    "expire_time": "expires",
    "remaining_checks": "checks left",
    "remaining_sends": "sends left",
}


@app.callback()
def challenges() -> None:
    """Shows challenges."""


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="challenges/ID, or the ID alone.")],
    *,
    as_json: Json = False,
) -> None:
    """Shows a challenge of any platform and what happened to its message."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        found = otp.ask(admin.inspect_challenge(name))
    if not as_json:
        delivery = found["challenge"].get("delivery", {})
        found = {**found, **found["challenge"], **delivery, "state": found["challenge"]["state"]}
        found["delivery_state"] = delivery.get("state", "")
    print_record(found, LABELS, as_json=as_json)
