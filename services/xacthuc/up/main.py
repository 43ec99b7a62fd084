"""The entry of `xacthuc up` and of `make run`: options in, the running stack until Ctrl-C."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xacthuc.embedded import EngineError
from xacthuc.up.layout import PORT_BASE, Layout, Ports, UpError, write_private
from xacthuc.up.plan import HAS_EDGE, default_plan
from xacthuc.up.report import Running, announce, tell
from xacthuc.up.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_HIGHEST_BASE: Final = 65535 - 42


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `xacthuc up` can be told."""

    data: Path = Path("var")
    """Where everything is kept; see layout.py."""

    port_base: int = PORT_BASE
    """The first of the ports: otp at +0 and +1, the edge at +8, identity at +10 and +11, guardian at +20 and +21, livestream at
    +30 and +31, backfill at +41."""

    as_json: bool = False
    """Print one JSON object when ready instead of a table."""

    die_with_parent: bool = False
    """Stop when the process that started this one ends, as `make run` needs."""


def main(options: Options) -> int:
    """Runs the stack until SIGTERM or SIGINT; returns the exit status, 0 after a clean stop."""
    started = time.monotonic()
    if options.die_with_parent:
        die_with_parent()
    layout, ports = Layout(options.data.resolve()), Ports(options.port_base)
    stack = Stack(
        layout, ports, lambda state, data: default_plan(layout, ports, state_url=state, database_url=data), tell
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stack.ask_to_stop())
    try:
        stack.start()
        running = _running(layout, ports, started)
        write_private(layout.endpoints, running.as_json(with_key=False).encode())
        announce(running, as_json=options.as_json)
        stack.watch()
    except (EngineError, UpError) as error:
        tell(str(error))
        return 1
    finally:
        stack.stop()
        layout.endpoints.unlink(missing_ok=True)
    return 0


def _running(layout: Layout, ports: Ports, started: float) -> Running:
    from xacthuc.up.adapters.identity_client import PLATFORM, development_key  # noqa: PLC0415 - needs gRPC, see stack.py

    key = development_key(layout, ports.identity_internal)
    return Running(
        otp=ports.otp_public,
        identity=ports.identity_public,
        guardian=ports.guardian_public,
        livestream=ports.livestream_public,
        edge=f"http://{ports.edge_public}" if HAS_EDGE else "",
        otp_internal=ports.otp_internal,
        identity_internal=ports.identity_internal,
        guardian_internal=ports.guardian_internal,
        livestream_internal=ports.livestream_internal,
        backfill_internal=ports.backfill_internal,
        metrics=(
            ports.otp_metrics,
            ports.delivery_metrics,
            ports.identity_metrics,
            ports.guardian_metrics,
            ports.livestream_metrics,
            ports.backfill_metrics,
        ),
        platform=f"platforms/{PLATFORM}",
        key=key,
        inbox=str(layout.inbox),
        tls=str(layout.tls),
        logs=str(layout.log("").parent),
        ready_seconds=round(time.monotonic() - started, 2),
    )


def die_with_parent() -> None:
    """Has SIGTERM sent to this process when its parent ends, however it ends: `kill -9` of make leaves nothing."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")


def parse(arguments: Sequence[str]) -> Options:
    """Returns the options of a command line; SystemExit 2 with advice when it is wrong."""
    parser = argparse.ArgumentParser(prog="xacthuc up", description="Runs everything on this machine.")
    parser.add_argument("--data", type=Path, default=Options.data, help="data directory (default: var)")
    parser.add_argument("--port-base", type=_port_base, default=PORT_BASE, help=f"first port (default: {PORT_BASE})")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object when ready")
    parser.add_argument("--die-with-parent", action="store_true", help="stop when the parent process ends")
    return Options(**vars(parser.parse_args(arguments)))


def _port_base(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _HIGHEST_BASE:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 1 and {_HIGHEST_BASE}")
    return number


if __name__ == "__main__":
    sys.exit(main(parse(sys.argv[1:])))
