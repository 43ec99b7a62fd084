"""An upgrade as a deployment does it: the version before serves, its schema is migrated, the present one takes its place."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc
from identity_process import REPEATED, identity_process
from otp_service import Refused
from service_process import ServiceProcess
from version_before import unpacked_before

from xacthuc.embedded.ports import free_ports

T = TypeVar("T")

CALLERS = 3
PATIENCE = timedelta(seconds=120)
DRAIN = "15"
"""Seconds; a fifth of them callers have to turn away."""
_STILL_SECONDS, _AFTERMATH_SECONDS = 0.3, 15.0
_TRIES = 10


class Process(Protocol):
    """One process of a service; `identity_process` and `service_process` make them."""

    log: Path

    def start(self) -> None: ...
    def stop(self) -> int: ...


def balanced(config: str = "{}") -> list[tuple[str, Any]]:
    """Returns the options of a channel to several addresses, as the edge chooses among those that say they serve."""
    whole = {
        **json.loads(config),
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
    return [("grpc.service_config", json.dumps(whole)), ("grpc.max_reconnect_backoff_ms", 500)]


def is_of(before: dict[str, str], module: str, directory: Path) -> bool:
    """Whether a module is imported from the version before, and not from what is installed."""
    program = f"import {module} as module; print(module.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **before}, capture_output=True, text=True, check=True
    )
    return Path(ran.stdout.strip()).is_relative_to(directory)


def migrating(service: str, **before: str) -> Callable[[str], bool]:
    """Returns what migrates a database in a process of its own, as `xacthuc migrate` does; `before` for the version before.

    Said again while a table is in use for too long, as the runbook has it.
    """

    def migrate(url: str) -> bool:
        environment = {**os.environ, "XACTHUC_DATABASE_URL": url, **before}
        command = [sys.executable, "-m", f"xacthuc.{service}.migrate"]
        for _ in range(_TRIES):
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
            if ran.returncode == 0:
                return True
        raise AssertionError(ran.stderr)

    return migrate


class Unbroken:
    """Makes calls of which none may fail.

    What a machine that stood still or is full made late is asked again, as the contract says of such a status: a call that
    took too long, and one that broke soon after this process itself was not let run.
    """

    def __init__(self) -> None:
        self.stood_still = float("-inf")
        self._ended = threading.Event()

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Returns the answer; the call has to be the same one each time, with its request id."""
        while True:
            try:
                return await call()
            except (grpc.aio.AioRpcError, Refused) as error:
                code = error.code if isinstance(error, Refused) else error.code()
                await asyncio.sleep(_STILL_SECONDS)  # until the watch has had its turn
                late = (
                    code is grpc.StatusCode.DEADLINE_EXCEEDED
                    or self.stood_still > time.monotonic() - _AFTERMATH_SECONDS
                )
                if code not in REPEATED or not late:
                    raise

    def watch(self) -> None:
        """Notes when this process did not run although it would have; a thread's whole work."""
        last = time.monotonic()
        while not self._ended.wait(_STILL_SECONDS / 10):
            now = time.monotonic()
            if now - last > _STILL_SECONDS:
                self.stood_still = now
            last = now

    def end(self) -> None:
        """Ends the watch."""
        self._ended.set()


@contextmanager
def unbroken() -> Iterator[Unbroken]:
    """Gives what makes calls that may not fail."""
    made = Unbroken()
    watch = threading.Thread(target=made.watch)
    watch.start()
    try:
        yield made
    finally:
        made.end()
        watch.join()


async def replaced(
    live: Callable[[int, int], Awaitable[None]],
    *,
    old: Process,
    new: Process,
    migrate: Callable[[], object],
    word: str,
    eventually: Any,
) -> int:
    """Has a started process replaced while people live, of whom none may fail; returns its exit status.

    `live(caller, turn)` is what one does, again and again; `word` tells a call of theirs in a process's log.
    """
    ending, lived = asyncio.Event(), 0

    async def on_and_on(caller: int) -> None:
        nonlocal lived
        turn = 0
        while not ending.is_set():
            await live(caller, turn)
            turn += 1
            lived += 1

    async def more_do() -> None:
        already = lived
        await eventually(lambda: lived > already + 2 * CALLERS, within=PATIENCE)

    def called(process: Process) -> bool:
        return process.log.exists() and word in process.log.read_text()

    async with asyncio.TaskGroup() as people:  # the first call that failed fails the test
        for caller in range(CALLERS):
            people.create_task(on_and_on(caller))
        await more_do()
        await asyncio.to_thread(migrate)
        await more_do()
        await asyncio.to_thread(new.start)
        await eventually(lambda: called(old) and called(new), within=PATIENCE)
        await more_do()
        status = await asyncio.to_thread(old.stop)
        await more_do()
        ending.set()
    return status


@contextmanager
def before_and_now(
    name: str, directory: Path, database_url: str, store_url: str, kind: Callable[..., ServiceProcess] = ServiceProcess
) -> Iterator[tuple[ServiceProcess, ServiceProcess]]:
    """Gives a service of the version before, which serves, and its like of today, which is not started. Skips without a history.

    Its database, empty until now, is of the version before; beside them is an identity of today, which serves too.
    """
    code = directory / "before"
    code.mkdir()
    before = unpacked_before(f"services/xacthuc/{name}/adapters/migrations/versions", code)
    assert is_of(before, f"xacthuc.{name}.main", code)
    ports = [f"127.0.0.1:{port}" for port in free_ports(4)]
    addresses = [
        {"XACTHUC_PUBLIC_ADDRESS": public, "XACTHUC_INTERNAL_ADDRESS": internal}
        for public, internal in (ports[:2], ports[2:])
    ]
    settings = {**addresses[0], "XACTHUC_DRAIN_SECONDS": DRAIN, **before}
    with (
        identity_process(directory, database_url, store_url) as identity,
        closing(kind(name, migrating(name, **before), directory, identity, **settings)) as old,
        closing(old.beside("new", **addresses[1], PYTHONPATH="")) as new,
    ):
        identity.start()
        old.start()
        yield old, new
