"""Where keys come from: files, or a command that fetches them, so that any KMS or vault with a command line can hold them.

Keys are read once, at the start of a process. Whatever goes wrong is told by the ring's name; neither what a source
printed nor what it complained about is shown, since either may hold the key.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.sealing.keys import KeyFileError, KeyRing, parse_key, read_text

if TYPE_CHECKING:
    from pathlib import Path

COMMAND_TIMEOUT: Final = timedelta(seconds=20)
"""A vault across the country answers within seconds; a process that waits longer than this is better started anew."""


class KeySource(Protocol):
    """What hands out the content of key files by their names, such as `seal.keys`."""

    def read(self, name: str) -> str:
        """Returns the content; KeyFileError, which names the ring and not its content, when it cannot be had."""
        ...


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Key files in a directory, as a secret store mounts them."""

    directory: Path

    def read(self, name: str) -> str:
        """Reads the file of that name."""
        return read_text(self.directory / name)


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command that prints the key file whose name is its last argument. No shell reads it."""

    arguments: tuple[str, ...]
    timeout: timedelta = COMMAND_TIMEOUT

    @classmethod
    def parse(cls, command: str) -> KeyCommand:
        """Splits the command as a shell would; ValueError when a quote is left open or nothing is named."""
        arguments = tuple(shlex.split(command))
        if not arguments:
            raise ValueError("name a program")
        return cls(arguments)

    def read(self, name: str) -> str:
        """Runs the command and returns what it prints."""
        program = self.arguments[0]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                [*self.arguments, name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.timeout.total_seconds(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            seconds = round(self.timeout.total_seconds(), 3)
            raise KeyFileError(f"{name}: {program} did not print it within {seconds} s") from None
        except OSError as error:
            raise KeyFileError(f"{name}: {program} cannot be run ({type(error).__name__})") from None
        if done.returncode != 0:
            raise KeyFileError(f"{name}: {program} ended with status {done.returncode}; run it by hand to see why")
        try:
            return done.stdout.decode("ascii")
        except UnicodeDecodeError:
            raise KeyFileError(f"{name}: what {program} printed is not a key file (not ASCII)") from None


def ring_of(source: KeySource, name: str) -> KeyRing:
    """Reads a ring; KeyFileError when it cannot be had or is none."""
    return KeyRing.parse(source.read(name), name)


def key_of(source: KeySource, name: str) -> bytes:
    """Reads a single secret; KeyFileError when it cannot be had or is none."""
    return parse_key(source.read(name), name)
