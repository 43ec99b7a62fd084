"""`xacthuc send-test`: whether a code arrives."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import secrets
import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from xacthuc.cli.failure import EXIT_FAILED
from xacthuc.cli.options import Json, span
from xacthuc.cli.output import note, print_json, print_line

_POLL_SECONDS = 0.25
_DONE = frozenset({"DELIVERED", "FAILED"})


class SendChannel(StrEnum):
    """How the code travels."""

    SMS = "sms"
    ZALO_ZNS = "zalo-zns"
    VOICE = "voice"


class Locale(StrEnum):
    """Language of the message."""

    VI = "vi"
    EN = "en"


def send_test(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="In any spelling; it gets a real message outside the sandbox.")],
    *,
    channel: Annotated[SendChannel | None, typer.Option(help="Chosen by the service unless given.")] = None,
    locale: Annotated[Locale, typer.Option(help="Language of the message.")] = Locale.VI,
    wait: Annotated[str, typer.Option(metavar="SPAN", help="How long to watch.")] = "30s",
    as_json: Json = False,
) -> None:
    """Sends a code to a number and watches it until it is delivered or failed; exit status 1 when it was not delivered.

    Some providers never say that a message arrived: then the last state is SENT.
    """
    from xacthuc.client.enums import Channel
    from xacthuc.client.otp import get_challenge, start_challenge

    patience = span(wait)
    # A subject of its own each time: the limits of an account must not stop an operator's second test.
    start = start_challenge(
        number,
        subject=f"accounts/send-test-{secrets.token_hex(4)}",
        locale=locale.value,
        channel=None if channel is None else Channel[channel.name],
    )
    with context.obj.otp() as otp:
        challenge = otp.ask(start)
        if not as_json:
            note(f"{challenge['name']}  {challenge['masked_phone_number']}  {challenge['channel']}")
        told = ""
        give_up = time.monotonic() + patience.total_seconds()
        while True:
            state = _delivery_state(challenge)
            if state != told and not as_json:
                print_line({"state": state}, ["state"])
            told = state
            if state in _DONE or time.monotonic() >= give_up:
                break
            time.sleep(_POLL_SECONDS)
            challenge = otp.ask(get_challenge(challenge["name"]))
    if as_json:
        print_json(challenge)
    if told != "DELIVERED":
        raise typer.Exit(EXIT_FAILED)


def _delivery_state(challenge: dict[str, Any]) -> str:
    return str(challenge.get("delivery", {}).get("state", "QUEUED"))
