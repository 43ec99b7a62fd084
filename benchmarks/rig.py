"""Engines, secrets and services as production runs them: each a process, with log lines and tracing on.

Stands on what `xacthuc up` uses, without its supervision: a process that dies here ends the benchmark.
"""

from __future__ import annotations

import compileall
import os
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

import xacthuc
from xacthuc.embedded import EngineError, OwnedProcess
from xacthuc.up import certificates, keys
from xacthuc.up.engines import Engines
from xacthuc.up.layout import Layout, Ports, UpError
from xacthuc.up.plan import Program, default_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

_READY_WITHIN: Final = timedelta(seconds=30)
_BASES: Final = range(10_000, 32_000, 40)
"""Below the ports that outgoing connections are given (ip(7), ip_local_port_range), which could take one between."""
_OTHERS: Final = 33
"""Beyond the ports of our own services."""
_SECOND: Final = 34
"""Three of a second identity process."""
_WATCH: Final = 37
"""Two of a process for watchers of revocations."""

POLICY: Final = """\
# A benchmark sends more in a minute than any budget allows in an hour. All other limits stay as they are.
# An import brings numbers, so that all it can write is written.
version = "benchmark-1"
[otp]
platform_sends_per_hour = 100000000
system_sends_per_hour = 100000000
[imports]
accept_phone_evidence = true
"""


class Rig:
    """A fresh installation below a temporary directory, gone at the end."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._undo = ExitStack()
        self.processes: dict[str, OwnedProcess] = {}
        self.ports = Ports(_free_base())

    def __enter__(self) -> Self:
        _compile()
        root = Path(self._undo.enter_context(TemporaryDirectory(prefix="xacthuc-bench-")))
        self.layout = Layout(root)
        self.layout.make()
        policy = root / "policy.toml"
        policy.write_text(POLICY, "utf-8")
        self._engines = Engines(self.layout)
        self._undo.callback(self._engines.stop)
        self._engines.launch()
        keys.make_missing(self.layout.keys)
        certificates.ensure(self.layout.tls, datetime.now(UTC))
        self.state_url = self._engines.state_url()
        self.database_url = self._engines.database_url()
        plan = default_plan(self.layout, self.ports, state_url=self.state_url, database_url=self.database_url)
        self._programs = {
            program.name: replace(program, environment={**program.environment, "XACTHUC_POLICY_FILE": str(policy)})
            for program in (*plan.services, *([plan.migration] if plan.migration else []))
        }
        identity = self._programs["identity"]
        beside = {
            "XACTHUC_PUBLIC_ADDRESS": self.second_public,
            "XACTHUC_INTERNAL_ADDRESS": self.second_internal,
            "XACTHUC_METRICS_ADDRESS": self._address(_SECOND + 2),
        }
        self._programs["identity-2"] = replace(
            identity,
            name="identity-2",
            environment={**identity.environment, **beside},
            health=self.second_public,
        )
        livestream = self._programs["livestream"]
        listening = {
            "XACTHUC_PUBLIC_ADDRESS": self.watch_public,
            "XACTHUC_METRICS_ADDRESS": self._address(_WATCH + 1),
        }
        self._programs["livestream-watch"] = replace(
            livestream,
            name="livestream-watch",
            module="xacthuc.livestream.watch",
            environment={**livestream.environment, **listening},
            health=self.watch_public,
        )
        return self

    @property
    def watch_public(self) -> str:
        """Where a process for watchers of revocations serves them, once it is started."""
        return self._address(_WATCH)

    @property
    def second_public(self) -> str:
        """Where the second identity process serves platforms, once it is started."""
        return self._address(_SECOND)

    @property
    def second_internal(self) -> str:
        """Where it serves other services."""
        return self._address(_SECOND + 1)

    def _address(self, offset: int) -> str:
        return f"127.0.0.1:{self.ports.base + offset}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.stop()
        self._undo.close()

    def migrate(self) -> None:
        """Brings the database up to date. EngineError when it cannot be."""
        process = self._spawn(self._programs["migrate"])
        process.wait_until(lambda: process.exit_status is not None, _READY_WITHIN)
        if process.exit_status != 0:
            raise EngineError(f"the migrations failed. {process.last_words()}")

    def start(self, service: str) -> float:
        """Starts a service and returns the seconds from its fork to its first SERVING. EngineError when it dies."""
        program = self._programs[service]
        started = time.monotonic()
        self.processes[service] = process = self._spawn(program)
        if program.health is not None:
            process.wait_until(_accepts(program.health), _READY_WITHIN)
            _wait_until_serving(program.health, process)
        return time.monotonic() - started

    def start_program(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
        """Starts a server that is not ours, with a free port as its first argument; returns its address.

        It is told the store's URL, which ours use as well.
        """
        address = f"127.0.0.1:{self.ports.base + _OTHERS}"
        words = [*command[:2], str(self.ports.base + _OTHERS), *command[2:]]
        own = {**os.environ, "XACTHUC_STATE_URL": self.state_url, **(environment or {})}
        self.processes[name] = process = OwnedProcess(words, log=self.layout.log(name), environment=own)
        process.wait_until(_accepts(address), _READY_WITHIN)
        return address

    def stop(self, service: str) -> None:
        """Ends a service at once."""
        self.processes.pop(service).stop()

    def pid(self, service: str) -> int:
        """Returns a service's process id."""
        return self.processes[service].pid

    @property
    def database_pid(self) -> int:
        """The postmaster, whose children are the backends."""
        file = next((self.layout.root / "postgres").rglob("postmaster.pid"))
        return int(file.read_text("ascii").split()[0])

    def _spawn(self, program: Program) -> OwnedProcess:
        return OwnedProcess(program.command, log=self.layout.log(program.name), environment=program.environment)


def _compile() -> None:
    """Leaves the bytecode that pip leaves with what it installs; PYTHONDONTWRITEBYTECODE may have kept it away."""
    for package in xacthuc.__path__:
        compileall.compile_dir(package, quiet=1)


def _accepts(address: str) -> Callable[[], bool]:
    """Returns whether somebody listens, asked without gRPC, whose channels pause between attempts."""
    host, _, port = address.rpartition(":")

    def ask() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    return ask


def _wait_until_serving(address: str, process: OwnedProcess) -> None:
    from xacthuc.up.readiness import wait_until_serving  # noqa: PLC0415 - engines are started before gRPC is imported

    give_up = time.monotonic() + _READY_WITHIN.total_seconds()

    def keep_watch() -> None:
        if process.exit_status is not None or time.monotonic() > give_up:
            raise EngineError(f"{address} does not serve. {process.last_words()}")

    wait_until_serving(address, keep_watch)


def _free_base() -> int:
    """Returns a first port whose neighbours are free as well."""
    first = os.getpid() % len(_BASES)  # so that two runs do not race for the same
    bases: list[int] = [*_BASES[first:], *_BASES[:first]]
    for base in bases:
        try:
            Ports(base).require_free()
        except UpError:
            continue
        return base
    raise UpError("no free ports were found")
