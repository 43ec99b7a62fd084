"""How a process comes to its `main`."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from xacthuc.launch import launch


def test_main_runs_with_the_collector_at_work_and_was_imported_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = launched(tmp_path, monkeypatch, "gc.isenabled()")
    assert seen == [False, True]


def test_libraries_are_told_what_they_read_when_imported_unless_an_operator_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "some")
    seen = launched(
        tmp_path, monkeypatch, '[os.environ[name] for name in ("PYDANTIC_DISABLE_PLUGINS", "GRPC_EXPERIMENTS")]'
    )
    assert seen[0] == ["some", "-event_engine_listener,fuse_filters"]


def launched(directory: Path, monkeypatch: pytest.MonkeyPatch, look: str) -> list[Any]:
    """Launches a module and returns what it sees when it is imported, and in its `main`."""
    (directory / "launched.py").write_text(f"import gc, os\nseen = [{look}]\ndef main(): seen.append({look})\n")
    monkeypatch.syspath_prepend(str(directory))
    monkeypatch.delitem(sys.modules, "launched", raising=False)
    # Whatever it sets is gone after the test.
    monkeypatch.setattr(os, "environ", {**os.environ})
    monkeypatch.delenv("GRPC_EXPERIMENTS", raising=False)
    try:
        launch("launched")
    finally:
        gc.enable()
        gc.unfreeze()
    seen: list[Any] = sys.modules["launched"].seen
    return seen
