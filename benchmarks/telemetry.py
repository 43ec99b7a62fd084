"""What telemetry takes of a call's CPU when its trace is recorded, and when it is not.

A call is what `grpckit.endpoint` does for telemetry: the trace, the progress, and the report with its line, its observation
and its spans. A recorded one has four steps, of a script, a transaction and two statements; its spans are
encoded for OTLP and not sent. The whole process's CPU is read, the
exporter's thread included, and the lines go to a file.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Final

import grpc
from prometheus_client import CollectorRegistry

from benchmarks.report import Figure, spread
from xacthuc.api.otp.v1 import service_pb2
from xacthuc.grpckit.call import Call
from xacthuc.grpckit.method import Method
from xacthuc.grpckit.observer import Observer, Progress
from xacthuc.grpckit.server import service_of
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.otlp import OtlpRecorder
from xacthuc.telemetry.start import Telemetry
from xacthuc.telemetry.tracing import Kind, Tracer, activate, span

_UNSAMPLED_US: Final = 25.0
_SAMPLED_US: Final = 80.0
_CALLER: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_STEPS: Final = ("EVALSHA check", "postgresql", "SELECT identity.accounts", "INSERT identity.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is measured."""

    rounds: int = 12
    """Of two turns each, sampled and not."""
    calls: int = 300
    """In a turn."""


QUICK: Final = Amount(rounds=1, calls=30)
"""Shows that everything runs; its figures mean nothing."""


class _Nowhere:
    """A collector that takes everything at once."""

    def send(self, request: bytes) -> None:
        """Drops it."""

    def close(self) -> None:
        """Has nothing to close."""


async def study(amount: Amount) -> dict[str, list[Figure]]:
    """Reports calls in turns, recorded and not."""
    taken: dict[float, list[float]] = {0.0: [], 1.0: []}
    recorder = OtlpRecorder("bench", _Nowhere())
    with TemporaryFile() as lines:
        writer, metrics = LineWriter(lines.fileno()), Metrics(CollectorRegistry())
        for number in range(amount.rounds + 1):
            for ratio in (0.0, 1.0) if number % 2 else (1.0, 0.0):
                tracer = Tracer(recorder, ratio)
                telemetry = Telemetry(
                    service="bench", writer=writer, metrics=metrics, tracer=tracer, close_exports=recorder.shutdown
                )
                began = time.process_time()
                await _turn(telemetry, Observer(telemetry, "info"), amount.calls)
                recorder.flush()
                if number:  # the first round warms
                    taken[ratio].append((time.process_time() - began) / amount.calls * 1e6)
        writer.close()
    recorder.shutdown()
    return {
        "Telemetry of one call, its line included": [
            spread("not recorded: CPU", taken[0.0], "µs", at_most=_UNSAMPLED_US),
            spread("recorded, five spans encoded: CPU", taken[1.0], "µs", at_most=_SAMPLED_US),
        ]
    }


async def _turn(telemetry: Telemetry, observer: Observer, calls: int) -> None:
    method = Method.of(service_of(service_pb2, "OtpService").methods_by_name["CheckCode"])
    for _ in range(calls):
        started = time.monotonic()
        trace = telemetry.tracer.root(_CALLER)
        activate(trace)
        progress = Progress(method, trace, {}, started)
        progress.call = Call(method.path, trace, started + 5, "forum", key_id="forum-1")
        for name in _STEPS:
            with span(name, {"db.system.name": "postgresql", "db.query.summary": name}, kind=Kind.CLIENT):
                pass
        observer.end(progress, grpc.StatusCode.OK)
    await asyncio.sleep(0)
