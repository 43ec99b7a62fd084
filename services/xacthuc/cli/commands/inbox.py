"""`xacthuc inbox`: the messages that development "sent"."""

# ruff: noqa: PLC0415 - the numbering plan is read when a number is given, so that `xacthuc --help` stays quick

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.inbox_file import challenge_id, lines, messages
from xacthuc.cli.options import Json, span
from xacthuc.cli.output import note, print_json, print_line, print_record, print_records

_LABELS = {"time": "time", "to": "to", "channel": "channel", "code": "code", "text": "text"}
_POLL_SECONDS = 0.1


def inbox(
    context: typer.Context,
    *,
    number: Annotated[str, typer.Option(help="Only messages to this number, in any spelling.")] = "",
    challenge: Annotated[str, typer.Option(help="Only messages of this challenge.")] = "",
    last: Annotated[bool, typer.Option("--last", help="Only the newest message.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Print messages as they come, until Ctrl-C.")] = False,
    wait: Annotated[str, typer.Option(metavar="SPAN", help="With --last: how long to wait for it.")] = "0s",
    as_json: Json = False,
) -> None:
    """Shows the messages that development "sent".

    With --follow and --json every line is one JSON object. Exit status 1 when --last finds no message.
    """
    path: Path = context.obj.inbox()
    wanted = _Wanted(_e164(number), challenge_id(challenge))
    if follow:
        _follow(path, wanted, as_json=as_json)
    elif last:
        _newest(path, wanted, span(wait), as_json=as_json)
    else:
        found = [message for message in messages(path) if wanted(message)]
        print_records(found, _LABELS, empty=f"No messages yet in {path}.", as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which messages; empty means any."""

    to: str
    challenge: str

    def __call__(self, message: dict[str, Any]) -> bool:
        return self.to in {"", message["to"]} and self.challenge in {"", challenge_id(message["challenge"])}


def _newest(path: Path, wanted: _Wanted, wait: timedelta, *, as_json: bool) -> None:
    give_up = time.monotonic() + wait.total_seconds()
    while True:
        found = [message for message in messages(path) if wanted(message)]
        if found:
            print_record(found[-1], _LABELS, as_json=as_json)
            return
        if time.monotonic() >= give_up:
            raise CommandFailed(f"no such message in {path}", advice="Wait for one with --wait 10s, or watch: --follow")
        time.sleep(_POLL_SECONDS)


def _follow(path: Path, wanted: _Wanted, *, as_json: bool) -> None:
    """Starts with what is there, as `tail -f` does; Ctrl-C is how it is meant to end."""
    if not as_json:
        note(f"Watching {path}; Ctrl-C ends it.")
    try:
        for message in _growing(path):
            if not wanted(message):
                continue
            if as_json:
                print_json(message)
            else:
                print_line(message, _LABELS)
    except KeyboardInterrupt:
        return


def _growing(path: Path) -> Iterator[dict[str, Any]]:
    position = 0
    while True:
        for line in lines(path, position):
            position += len(line)
            yield json.loads(line)
        time.sleep(_POLL_SECONDS)


def _e164(number: str) -> str:
    if not number:
        return ""
    from xacthuc.phone import NumberPlan, Refusal

    read = NumberPlan.load().parse(number)
    if isinstance(read, Refusal):
        raise typer.BadParameter(f"{number!r}: {read.explanation('en')}", param_hint="--number")
    return read.e164
