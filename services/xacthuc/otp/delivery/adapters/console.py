"""The inbox of development: messages are written to a file instead of being sent. Never in production."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from xacthuc.otp.delivery.ports import Accepted, Channel
from xacthuc.phone.sandbox import is_reserved

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Answer, Message


@dataclass(frozen=True, slots=True)
class Inbox:
    """A file with one JSON object a line, readable by its owner alone: it has numbers and codes in clear."""

    path: Path
    clock: Clock

    def prepare(self) -> None:
        """Makes the directory, and the file when it is not there; OSError when that cannot be."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))

    def add(self, message: Message) -> None:
        """Appends one message in one write, so that two workers do not mix lines."""
        line = orjson.dumps(
            {
                "time": self.clock.now().isoformat(timespec="milliseconds"),
                "to": message.to,
                "channel": message.channel.name,
                "text": message.text,
                "code": message.code,
                "challenge": message.challenge,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


class Console:
    """Accepts everything and writes it to the inbox."""

    name: Final = "console"
    channels: Final = tuple(Channel)
    reports: Final = False

    def __init__(self, inbox: Inbox) -> None:
        """Writes to `inbox`."""
        self._inbox = inbox

    def takes(self, message: Message) -> bool:
        """Takes what is not the sandbox's."""
        return not is_reserved(message.to)

    async def send(self, message: Message) -> Answer:
        """Writes the message; an inbox that cannot be written stops the development worker, which is what helps."""
        self._inbox.add(message)
        return Accepted(message.id)
