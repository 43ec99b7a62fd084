"""The whole product as `make run` starts it, in a process of its own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that is up."""

    data: Path
    said: dict[str, Any]
    """What it printed with `--json`."""
    pid: int

    def inbox(self) -> list[dict[str, Any]]:
        """The messages that were "sent", oldest first."""
        return [json.loads(line) for line in (self.data / "inbox.jsonl").read_text("utf-8").splitlines()]

    def code(self, challenge: str, *, within_seconds: float = 10) -> str:
        """The code of a challenge, once its message is in the inbox."""
        give_up = time.monotonic() + within_seconds
        while True:
            for message in self.inbox():
                if challenge.endswith(message["challenge"]):
                    return str(message["code"])
            assert time.monotonic() < give_up, "no message came"
            time.sleep(0.01)


@contextmanager
def running_stack(data: Path, **environment: str) -> Iterator[Running]:
    """Starts everything with its data in `data`, and stops it."""
    command = [sys.executable, "-m", "xacthuc.up.main", "--data", str(data), "--port-base", str(free_port_base())]
    process = subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the stack did not start; its reason is above"
        yield Running(data, json.loads(line), process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()
        assert status == 0


def free_port_base() -> int:
    """Picks a base below the kernel's own ports whose neighbours are free."""
    for base in random.sample(range(20_000, 32_000, 20), 200):
        if all(_is_free(base + offset) for offset in range(13)):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
