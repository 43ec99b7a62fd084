"""Spans are understood by a receiver of OTLP that nobody here wrote: OtelTap, over HTTP (tests/tools/otlp.sh)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from delivery_world import Eventually
from oteltap_process import HAS_OTELTAP, oteltap

from xacthuc.telemetry.spans import otlp_recorder
from xacthuc.telemetry.tracing import Kind, Tracer, span

LINKED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.skipif(not HAS_OTELTAP, reason="no OtelTap here: run tests/tools/otlp.sh, as make test does")
async def test_a_trace_is_understood_as_it_was_meant(tmp_path: Path, eventually: Eventually) -> None:
    file = tmp_path / "spans.jsonl"
    with oteltap(file) as traced:
        await eventually(lambda: "Listening" in file.read_text())
        recorder = otlp_recorder("otp", traced["XACTHUC_OTLP_ENDPOINT"])
        with Tracer(recorder, 1.0).job("otp.receipt", LINKED) as job:
            attributes = {"provider": "console", "tries": 2, "late": False, "share": 0.5}
            with span("provider.send", attributes, kind=Kind.CLIENT) as step:
                step.fail("REFUSED")
        recorder.shutdown()
        await eventually(lambda: file.read_text().count("}\n") == 2)

    inner, outer = (json.loads(line) for line in file.read_text().splitlines() if line.startswith("{"))
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
