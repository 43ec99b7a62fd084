"""Builds the telemetry of a process, once, in its `main.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from xacthuc.telemetry import logs, spans
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.tracing import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from xacthuc.settings import Settings
    from xacthuc.telemetry.otlp import OtlpRecorder
    from xacthuc.telemetry.spans import SdkRecorder


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """What a process reports with. `close` it after the last call, so that nothing gathered is lost."""

    service: str
    writer: LineWriter
    metrics: Metrics
    tracer: Tracer
    close_exports: Callable[[], None]

    def close(self) -> None:
        """Writes the gathered lines, exports the queued spans and stops the exposition. Blocks for seconds at worst."""
        self.close_exports()
        self.writer.close()


def start(
    service: str,
    settings: Settings,
    *,
    providers: Collection[str] = (),
    operators: Collection[str] = (),
    jobs: Collection[str] = (),
    recorder: SdkRecorder | OtlpRecorder | None = None,
    writer: LineWriter | None = None,
) -> Telemetry:
    """Configures logging and returns the telemetry of `service` (`otp`, `identity`).

    `providers` are the configured message providers, `operators` the ranges of the numbering plan, `jobs` the kinds of
    durable jobs. Tests give a `recorder` and a `writer` of their own. OSError when the metrics address is taken.
    """
    writer = writer or LineWriter()
    logs.configure(service, settings.log_level, writer)
    if recorder is None:
        endpoint = settings.otlp_endpoint
        recorder = (
            spans.otlp_recorder(service, endpoint, settings.otlp_compression)
            if endpoint
            else spans.discarding_recorder(service)
        )
    registry = CollectorRegistry()
    # CPU seconds (a process fills one core at most), resident memory, open files, start time; only where there is /proc.
    ProcessCollector(registry=registry)
    metrics = Metrics(registry, providers=providers, operators=operators, jobs=jobs)
    stop_exposition = expose(settings.metrics_address, registry) if settings.metrics_address else None

    def close_exports() -> None:
        recorder.shutdown()
        if stop_exposition is not None:
            stop_exposition()

    return Telemetry(
        service=service,
        writer=writer,
        metrics=metrics,
        tracer=Tracer(recorder, settings.trace_sample_ratio),
        close_exports=close_exports,
    )


def expose(address: str, registry: CollectorRegistry) -> Callable[[], None]:
    """Serves the registry over HTTP at `host:port`, in a thread of its own; returns what stops it."""
    host, _, port = address.rpartition(":")
    server, thread = start_http_server(int(port), host.strip("[]"), registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
