"""Spans are understood by a receiver of OTLP that nobody here wrote: OtelTap, over HTTP (tests/tools/otlp.sh)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xacthuc.embedded.ports import free_port
from xacthuc.telemetry.spans import otlp_recorder
from xacthuc.telemetry.tracing import Kind, Tracer, span

RECEIVER = Path(__file__).resolve().parents[3] / ".tools" / "oteltap"
LINKED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def receiver() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Where it listens, and the process that writes a line of JSON for each span it understood."""
    if not (RECEIVER / "installed.txt").exists():
        pytest.skip("no OtelTap here: run tests/tools/otlp.sh, as make test does")
    port, path = free_port(), os.pathsep.join([str(RECEIVER), *sys.path])
    command = [sys.executable, "-u", "-m", "oteltap", "--port", str(port)]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert "Listening" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}/v1/traces", process
        finally:
            process.kill()


def understood(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


def test_a_trace_is_understood_as_it_was_meant(receiver: tuple[str, subprocess.Popen[str]]) -> None:
    endpoint, process = receiver
    recorder = otlp_recorder("otp", endpoint)
    with Tracer(recorder, 1.0).job("otp.receipt", LINKED) as job:
        attributes = {"provider": "console", "tries": 2, "late": False, "share": 0.5}
        with span("provider.send", attributes, kind=Kind.CLIENT) as step:
            step.fail("REFUSED")
    recorder.shutdown()

    inner, outer = understood(process), understood(process)
    assert (inner["name"], outer["name"]) == ("provider.send", "otp.receipt")
    assert inner["traceId"] == outer["traceId"] == job.context.trace_id_hex
    assert (inner["parentSpanId"], outer["parentSpanId"]) == (outer["spanId"], "")
    assert (inner["kind"], outer["kind"]) == (3, 5)  # CLIENT and CONSUMER of the protocol
    assert inner["status"] == {"message": "REFUSED", "code": 2}
    assert {each["key"]: each["value"] for each in inner["attributes"]} == {
        "provider": {"stringValue": "console"},
        "tries": {"intValue": "2"},
        "late": {"boolValue": False},
        "share": {"doubleValue": 0.5},
        "error.type": {"stringValue": "REFUSED"},
    }
    assert [(link["traceId"], link["spanId"]) for link in outer["links"]] == [tuple(LINKED.split("-")[1:3])]
    assert int(outer["startTimeUnixNano"]) <= int(inner["startTimeUnixNano"]) <= int(inner["endTimeUnixNano"])
