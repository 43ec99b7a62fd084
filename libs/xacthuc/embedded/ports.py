"""Loopback ports for servers that must know theirs before they start.

Drawn from below the ports that the kernel hands to outgoing connections (`ip_local_port_range` starts at 32768), so that
what was found free is still free when the server binds it. A server that can tell its port afterwards binds port 0.
"""

from __future__ import annotations

import random
import socket
from typing import Final

from xacthuc.embedded.process import EngineError

_PORTS: Final = range(10000, 32000)


def free_ports(count: int) -> list[int]:
    """Returns `count` different ports that nobody listens on. EngineError."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise EngineError(f"no {count} free loopback ports between {_PORTS.start} and {_PORTS.stop}")


def free_port() -> int:
    """Returns a port that nobody listens on. EngineError."""
    return free_ports(1)[0]


def free_port_base(count: int) -> int:
    """Returns the first of `count` ports in a row that nobody listens on. EngineError."""
    starts = range(_PORTS.start, _PORTS.stop - count)
    for base in random.sample(starts, len(starts)):
        if all(_is_free(port) for port in range(base, base + count)):
            return base
    raise EngineError(f"no {count} free loopback ports in a row between {_PORTS.start} and {_PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
