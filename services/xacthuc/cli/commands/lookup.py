"""`xacthuc lookup`: what the numbering plan says of a number."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_FAILED
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record

_ACCEPTED = {"e164": "number", "accepted": "accepted", "confirmed_range": "confirmed range", "converted": "converted"}
_REFUSED = {"accepted": "accepted", "refusal": "reason", "explanation": "explanation"}


def lookup(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="In any spelling.")],
    *,
    as_json: Json = False,
) -> None:
    """Says whether codes can be sent to a number; exit status 1 when not."""
    from xacthuc.client.otp import lookup_number

    with context.obj.otp() as otp:
        info = otp.ask(lookup_number(number, locale="en"))
    print_record(info, _ACCEPTED if info["accepted"] else _REFUSED, as_json=as_json)
    if not info["accepted"]:
        raise typer.Exit(EXIT_FAILED)
