"""Starts everything in the order that gets ready soonest, watches over it, and stops it in the reverse order.

The store comes up in a tenth of a second, so otp starts while the database still opens its files; identity waits for
the database and its migrations. Everything is started on the main thread, to whose life the children are tied.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.clock import SystemClock
from xacthuc.embedded import EngineError, OwnedProcess
from xacthuc.up.engines import Engines
from xacthuc.up.layout import UpError
from xacthuc.up.supervisor import Supervised

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.up.layout import Layout, Ports
    from xacthuc.up.plan import Plan, Program

_READY_WITHIN: Final = timedelta(seconds=60)
_MIGRATED_WITHIN: Final = timedelta(minutes=10)
_WATCH_SECONDS: Final = 0.2


class Stack:
    """The engines and services of one data directory."""

    def __init__(
        self,
        layout: Layout,
        ports: Ports,
        plan: Callable[[str, str], Plan],
        tell: Callable[[str], None],
    ) -> None:
        """Starts nothing. `plan` is given the store's and the database's URL; `tell` takes news for a person."""
        self._layout = layout
        self._ports = ports
        self._plan = plan
        self._tell = tell
        self._engines = Engines(layout)
        self._services: list[Supervised] = []
        self._stopping = threading.Event()

    def ask_to_stop(self) -> None:
        """Makes `start` give up or `watch` return. Safe in a signal handler."""
        self._stopping.set()

    def start(self) -> None:
        """Returns when every service serves. UpError or EngineError when that cannot be; then nothing runs."""
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._ports.require_free()
            self._layout.make()
            self._engines.launch()
            self._make_secrets()
            plan = self._plan(self._engines.state_url(), self._engines.database_url())
            self._run([service for service in plan.services if not service.needs_database])
            if plan.migration is not None:
                self._migrate(plan.migration)
            self._run([service for service in plan.services if service.needs_database])
            self._wait_until_ready()
            undo.pop_all()

    def watch(self) -> None:
        """Keeps everything running until asked to stop. EngineError when an engine does not come back."""
        while not self._stopping.wait(_WATCH_SECONDS):
            self._engines.tick(self._tell)
            now = time.monotonic()
            for service in self._services:
                service.tick(now)

    def stop(self) -> None:
        """Lets the services drain side by side, then ends the engines. Idempotent."""
        for service in self._services:
            service.ask_to_stop()
        for service in self._services:
            service.stop()
        self._services.clear()
        self._engines.stop()

    def _make_secrets(self) -> None:
        from xacthuc.up import certificates, keys  # noqa: PLC0415 - imported while the engines start, 0.1 s

        keys.make_missing(self._layout.keys)
        certificates.ensure(self._layout.tls, SystemClock().now())

    def _run(self, programs: list[Program]) -> None:
        self._services.extend(Supervised(program, self._layout, self._tell) for program in programs)

    def _migrate(self, program: Program) -> None:
        migration = OwnedProcess(program.command, log=self._layout.log(program.name), environment=program.environment)
        with ExitStack() as undo:
            undo.callback(migration.stop)
            give_up = time.monotonic() + _MIGRATED_WITHIN.total_seconds()
            while migration.exit_status is None:
                self._give_up_when_asked(give_up, program.name)
                time.sleep(_WATCH_SECONDS / 20)
        if migration.exit_status != 0:
            raise UpError(f"The database could not be brought up to date. {migration.last_words()}")

    def _wait_until_ready(self) -> None:
        from xacthuc.up.readiness import (  # noqa: PLC0415 - gRPC is imported while services start
            wait_until_answering,
            wait_until_serving,
        )

        give_up = time.monotonic() + _READY_WITHIN.total_seconds()
        for service in self._services:
            if service.program.health is not None:
                wait_until_serving(service.program.health, lambda: self._require_alive(give_up))
            if service.program.answers is not None:
                wait_until_answering(service.program.answers, lambda: self._require_alive(give_up))
        self._require_alive(give_up)

    def _require_alive(self, give_up: float) -> None:
        for service in self._services:
            if service.process.exit_status is not None:
                raise UpError(f"{service.program.name} did not start. {service.process.last_words()}")
        names = ", ".join(service.program.name for service in self._services)
        self._give_up_when_asked(give_up, names)

    def _give_up_when_asked(self, give_up: float, name: str) -> None:
        if self._stopping.is_set():
            raise UpError("stopped before everything was ready")
        if time.monotonic() > give_up:
            raise EngineError(f"{name} took too long; see the files in {self._layout.log(name).parent}.")
