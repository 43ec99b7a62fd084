"""OtelTap, a receiver of OTLP over HTTP that nobody here wrote (tests/tools/otlp.sh), in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xacthuc.embedded.ports import free_port

RECEIVER = Path(__file__).resolve().parents[2] / ".tools" / "oteltap"
HAS_OTELTAP = (RECEIVER / "installed.txt").exists()
TRACED = ("XACTHUC_TRACE_SAMPLE_RATIO", "XACTHUC_OTLP_ENDPOINT")
"""The settings by which every call is sent to it."""


@contextmanager
def oteltap(spans: Path) -> Iterator[dict[str, str]]:
    """Has it write a line of JSON for each span; returns the settings that send every call there, none without it."""
    if not HAS_OTELTAP:
        yield {}
        return
    spans.parent.mkdir(parents=True, exist_ok=True)
    port, path = free_port(), os.pathsep.join([str(RECEIVER), *sys.path])
    command = [sys.executable, "-u", "-m", "oteltap", "--port", str(port)]
    with spans.open("w") as file, subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=file) as it:
        try:
            yield dict(zip(TRACED, ("1", f"http://127.0.0.1:{port}/v1/traces"), strict=True))
        finally:
            it.kill()
