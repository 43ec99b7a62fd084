"""`xacthuc up` over real engines, with stand-ins for the services."""

from __future__ import annotations

import os
import signal
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.up.conftest import Up


def test_the_database_is_migrated_before_the_services_that_need_it_serve(up: Up) -> None:
    up.start_and_wait()

    assert up.migrated.read_text().startswith("postgresql+asyncpg://xacthuc@/xacthuc?host=/tmp/")


def test_a_stop_drains_the_services_and_leaves_nothing(up: Up, eventually_blocking: Callable[..., None]) -> None:
    owner = up.start_and_wait()

    owner.send_signal(signal.SIGINT)

    assert owner.wait(20) == 0
    assert (up.pids / "drained").exists()
    eventually_blocking(lambda: not up.left())


def test_a_killed_owner_leaves_nothing_behind(up: Up, eventually_blocking: Callable[..., None]) -> None:
    owner = up.start_and_wait()
    assert {"valkey-server", "postgres"} <= set(up.left().values())

    owner.kill()

    eventually_blocking(lambda: not up.left(), within=timedelta(seconds=15))


def test_killing_what_started_the_owner_leaves_nothing_behind(up: Up, eventually_blocking: Callable[..., None]) -> None:
    """As `kill -9` of make does."""
    make = up.start("/bin/sh", "-c", '"$0" "$@"; exit', DIE_WITH_PARENT="1")
    assert make.stdout is not None
    assert make.stdout.readline() == "ready\n"

    make.kill()

    eventually_blocking(lambda: not up.left(), within=timedelta(seconds=15))


def test_a_stack_starts_again_after_its_owner_was_killed(up: Up) -> None:
    up.start_and_wait().kill()

    second = up.start()

    # The port may still be held by a service that is dying: then the advice is right, and the next start works.
    assert second.stdout is not None
    while second.stdout.readline() != "ready\n":
        second = up.start()


def test_a_service_that_dies_is_started_again_and_said_so(up: Up, eventually_blocking: Callable[..., None]) -> None:
    owner = up.start_and_wait()
    before = up.service_pids()

    os.kill(min(before), signal.SIGKILL)

    eventually_blocking(lambda: len(up.service_pids()) > len(before), within=timedelta(seconds=15))
    owner.terminate()
    assert "killed by SIGKILL" in owner.communicate(timeout=20)[1]


def test_a_service_that_does_not_start_ends_everything_with_its_last_words(up: Up) -> None:
    owner = up.start(REFUSE="1")

    _, said = owner.communicate(timeout=30)

    assert owner.returncode == 1
    assert "did not start" in said
    assert "the key file is missing" in said
    assert not up.left()


def test_a_failed_migration_ends_everything_with_its_last_words(up: Up) -> None:
    owner = up.start(REFUSE_MIGRATION="1")

    _, said = owner.communicate(timeout=30)

    assert owner.returncode == 1
    assert "could not be brought up to date" in said
    assert "cannot reach revision 0003" in said


def test_a_taken_port_is_named_together_with_the_way_out(up: Up) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", up.port_base + 11))
        other.listen()
        owner = up.start()
        _, said = owner.communicate(timeout=30)

    assert f"Port {up.port_base + 11} is taken" in said
    assert "--port-base" in said
    assert not (up.data / "postgres").exists()


def test_a_warm_start_takes_no_more_than_five_seconds(up: Up) -> None:
    up.start_and_wait().terminate()
    assert up.owners[0].wait(20) == 0

    started = time.monotonic()
    up.start_and_wait()

    assert time.monotonic() - started <= 5


def test_an_engine_that_dies_is_started_again(up: Up, eventually_blocking: Callable[..., None]) -> None:
    owner = up.start_and_wait()
    [valkey] = [pid for pid, name in up.left().items() if name == "valkey-server"]

    os.kill(valkey, signal.SIGKILL)

    def again() -> bool:
        return any(name == "valkey-server" and pid != valkey for pid, name in up.left().items())

    eventually_blocking(again, within=timedelta(seconds=15))
    owner.terminate()
    assert "starting it again" in owner.communicate(timeout=20)[1]
