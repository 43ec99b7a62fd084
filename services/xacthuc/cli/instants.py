"""How commands are told an instant: the one spelling of all of them.

A time says its zone. A day alone is its beginning in Vietnam, where terms begin and end.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from xacthuc.policy.dates import start_of_day

TIME: Final = "TIME"
"""What help calls it."""

When = Annotated[
    str, typer.Option(metavar=TIME, help="Such as 2026-11-28T09:00+07:00; now unless given.", show_default=False)
]


def instant(text: str) -> datetime:
    """Returns the instant that a text spells, and now where it is empty; a usage error otherwise."""
    if not text:
        return datetime.now(UTC)
    try:
        return start_of_day(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is not a time with its zone: say 2026-11-28T09:00+07:00, or 2026-11-28 for the beginning of that"
            " day in Vietnam"
        )
    return at
