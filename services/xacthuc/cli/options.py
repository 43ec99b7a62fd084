"""What several commands take: options, and how spans of time are spelled."""

import re
from datetime import timedelta
from typing import Annotated, Final

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.", show_default=False)]
PlatformId = Annotated[str, typer.Argument(help="Id of the platform.")]
Account = Annotated[str, typer.Option(help="Id of the account.", show_default=False)]

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """Returns the span that `90s`, `15m`, `24h` or `30d` spells; a usage error otherwise."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a span of time: say 90s, 15m, 24h or 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
