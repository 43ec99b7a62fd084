"""How commands are told an instant."""

from datetime import UTC, datetime
from typing import Annotated

import typer

When = Annotated[
    str, typer.Option(metavar="TIME", help="Such as 2026-11-28T09:00+07:00; now unless given.", show_default=False)
]


def instant(text: str) -> datetime:
    """Returns the instant that a text spells with its zone, and now where it is empty; a usage error otherwise."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time with its zone: say 2026-11-28T09:00+07:00")
    return at
