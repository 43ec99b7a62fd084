from __future__ import annotations

import os
import signal
import stat
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from xacthuc.embedded import EngineError, OwnedProcess

if TYPE_CHECKING:
    from pathlib import Path


def test_a_child_that_dies_before_it_is_ready_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = OwnedProcess(["/bin/sh", "-c", "echo no space left; exit 3"], log=tmp_path / "log")

    with pytest.raises(EngineError, match=r"(?s)status 3.*no space left"):
        child.wait_until(lambda: False, timedelta(seconds=10))


def test_the_last_words_are_those_of_this_run(tmp_path: Path) -> None:
    for words in ("disk full", "no such user"):
        child = OwnedProcess(["/bin/sh", "-c", f"echo {words}; exit 3"], log=tmp_path / "log")
        with pytest.raises(EngineError) as reported:
            child.wait_until(lambda: False, timedelta(seconds=10))

    assert "no such user" in str(reported.value)
    assert "disk full" not in str(reported.value)


def test_a_child_that_never_gets_ready_is_reported(tmp_path: Path) -> None:
    child = OwnedProcess(["/bin/sleep", "60"], log=tmp_path / "log")

    with pytest.raises(EngineError, match=r"not ready within 0\.05 s"):
        child.wait_until(lambda: False, timedelta(seconds=0.05))
    child.stop()


def test_a_child_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    child = OwnedProcess(
        ["/bin/sh", "-c", f"trap '' TERM; : > '{ready}'; while :; do sleep 0.1; done"], log=tmp_path / "log"
    )
    child.wait_until(ready.exists, timedelta(seconds=10))

    child.stop((signal.SIGTERM, timedelta(seconds=0.1)))

    assert child.exit_status == -signal.SIGKILL


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    child = OwnedProcess(["/no/such/program"], log=tmp_path / "log")

    with pytest.raises(EngineError, match="cannot execute /no/such/program"):
        child.wait_until(lambda: False, timedelta(seconds=10))


def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_reaches_the_owner_alone(tmp_path: Path) -> None:
    child = OwnedProcess(["/bin/sleep", "60"], log=tmp_path / "log")

    assert os.getsid(child.pid) == child.pid
    child.stop()


def test_a_log_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    OwnedProcess(["/bin/true"], log=tmp_path / "log").stop()

    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_large_log_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (10 * 1024 * 1024 + 1))

    OwnedProcess(["/bin/true"], log=tmp_path / "log").stop()

    assert (tmp_path / "log.1").stat().st_size > 10 * 1024 * 1024


def test_a_child_cannot_be_started_off_the_main_thread(tmp_path: Path) -> None:
    """Linux would end it together with that thread."""
    refused: list[EngineError] = []

    def start() -> None:
        try:
            OwnedProcess(["/bin/true"], log=tmp_path / "log")
        except EngineError as error:
            refused.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert len(refused) == 1
