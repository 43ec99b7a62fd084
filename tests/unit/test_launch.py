"""How a process comes to its `main`."""

import gc
import sys
from pathlib import Path

import pytest

from xacthuc.launch import launch


def test_main_runs_with_the_collector_at_work_and_was_imported_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "launched.py").write_text(
        "import gc\nseen = [gc.isenabled()]\ndef main(): seen.append(gc.isenabled())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        launch("launched")
    finally:
        gc.enable()
        gc.unfreeze()
    assert sys.modules["launched"].seen == [False, True]
