"""Traffic in a file: one JSON object a line, with nothing in it that leads to a person.

A challenge is a digest under a key that is thrown away after the recording, a block of numbers the keyed digest that
`xacthuc fraud status` shows. Accounts, platforms and numbers are not recorded.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class What(StrEnum):
    """What happened."""

    QUEUED = "queued"
    """A message was counted, and handed to delivery."""
    ENTERED = "entered"
    """The right code was entered."""
    PAID = "paid"
    """A provider accepted a message."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at_ms: int
    what: What
    challenge: str
    operator: str = ""
    prefix: str = ""
    cost_vnd: int = 0


class TrafficFileError(ValueError):
    """A file that is no recorded traffic. The message names the line."""


_DIGEST_BYTES: Final = 9
_KINDS: Final = {"STARTED": What.QUEUED, "RESENT": What.QUEUED, "VERIFIED": What.ENTERED, "SENT": What.PAID}
_NETWORK: Final = "NETWORK"
"""A challenge that the phone's own network confirms starts without a message."""


class Recorder:
    """Turns outcomes into events."""

    def __init__(self) -> None:
        """Makes the key that is forgotten with it."""
        self._key = random_bytes(32)

    def event(self, kind: str, channel: str, at_ms: int, challenge: str, **facts: Any) -> Event | None:
        """Returns the event of an outcome, by names of the contract; None for one that the guard does not look at."""
        what = _KINDS.get(kind)
        if what is None or not challenge or (what is What.QUEUED and channel == _NETWORK):
            return None
        digest = encode(blake2b(challenge.encode(), digest_size=_DIGEST_BYTES, key=self._key).digest())
        return Event(at_ms, what, digest, **facts)


def line_of(event: Event) -> str:
    """Returns an event as a line of the file, without what is empty."""
    return json.dumps({name: value for name, value in asdict(event).items() if value}, separators=(",", ":"))


def write(path: Path, events: Iterable[Event]) -> int:
    """Writes events to a new file; returns how many."""
    count = 0
    with path.open("x", encoding="utf-8") as file:
        for event in events:
            file.write(line_of(event) + "\n")
            count += 1
    return count


def read(path: Path) -> list[Event]:
    """Reads a file, in the order of time; TrafficFileError when it is none."""
    with path.open(encoding="utf-8") as file:
        events = list(_events(file))
    # What became of a message in the same millisecond comes after it.
    events.sort(key=lambda event: (event.at_ms, _ORDER[event.what]))
    return events


_ORDER: Final = {What.QUEUED: 0, What.PAID: 1, What.ENTERED: 2}


def _events(lines: Iterable[str]) -> Iterator[Event]:
    for number, line in enumerate(lines, start=1):
        try:
            yield _event(json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise TrafficFileError(
                f"line {number} is not recorded traffic; record some: xacthuc fraud record"
            ) from None


def _event(row: Any) -> Event:
    """Reads a line; ValueError, KeyError or TypeError when it is none."""
    if not isinstance(row, dict):
        raise TypeError("an event is an object")
    texts = {name: str(row.get(name, "")) for name in ("operator", "prefix")}
    return Event(
        int(row["at_ms"]), What(row["what"]), str(row["challenge"]), cost_vnd=int(row.get("cost_vnd", 0)), **texts
    )
