"""Reads the file of messages that development "sent"."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def messages(path: Path) -> list[dict[str, Any]]:
    """Returns all messages, oldest first; none when nothing was sent yet."""
    return [json.loads(line) for line in lines(path, 0)]


def lines(path: Path, position: int) -> Iterator[bytes]:
    """Yields each whole line from byte `position` on; one that is being written is left for later."""
    try:
        with path.open("rb") as file:
            file.seek(position)
            yield from itertools.takewhile(lambda line: line.endswith(b"\n"), file)
    except FileNotFoundError:  # nothing was sent yet
        return


def challenge_id(name: str) -> str:
    """Returns the id of a challenge that is given by its id or its name."""
    return name.removeprefix("challenges/")
