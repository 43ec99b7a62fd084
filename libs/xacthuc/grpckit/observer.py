"""What is reported of every call: one log line, one observation, and a span when its trace is sampled.

The line is the canonical one: whatever is worth knowing of a call is a field of it. It names the platform and the key,
never the person. It is built here rather than by the logger, whose pipeline costs more than the rest of a call's
telemetry together, and whose redaction has nothing to do on fields of known content.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from grpc import StatusCode

from xacthuc.telemetry.logs import LEVELS
from xacthuc.telemetry.tracing import Kind, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.grpckit.method import Method
    from xacthuc.telemetry.cells import Cell
    from xacthuc.telemetry.start import Telemetry
    from xacthuc.telemetry.tracing import TraceContext

ACCEPT_LANGUAGE: Final = "accept-language"

_NO_HEADERS: Final[Mapping[str, Any]] = MappingProxyType({})

_FAULTS_OF_OURS: Final = frozenset({
    StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED,
    StatusCode.UNIMPLEMENTED, StatusCode.DATA_LOSS,
})  # fmt: skip
"""Statuses that make a server span an error (OpenTelemetry's gRPC conventions); the others are the caller's."""


class Progress:
    """A call between its first byte and its report: what is known of it so far."""

    __slots__ = ("call", "headers", "method", "span", "started", "trace")

    def __init__(self, method: Method, trace: TraceContext, headers: Mapping[str, Any], started: float) -> None:
        self.method = method
        self.trace = trace
        self.headers = headers
        self.started = started
        """On `time.monotonic()`'s scale."""
        self.call: Call | None = None
        """None until it is known who calls."""
        self.span = (
            None if trace.recorder is None else Span(method.path[1:], trace, Kind.SERVER, method.span_attributes)
        )

    def settle(self) -> None:
        """Keeps of the headers what the end may need: a stream lasts, and there are thousands."""
        language = self.headers.get(ACCEPT_LANGUAGE)
        self.headers = _NO_HEADERS if language is None else {ACCEPT_LANGUAGE: language}


class _Outcome(NamedTuple):
    """One method with one status: its series, and what does not change from line to line."""

    cell: Cell
    status: str
    """The status's name, which is slow to ask an enum for."""
    said: str
    """The middle of a plain line."""


class Observer:
    """Reports calls. One per process."""

    def __init__(self, telemetry: Telemetry, level: str) -> None:
        """`level` is the configured log level: above `info`, only lines of failed calls are written."""
        self._service = telemetry.service
        self._write = telemetry.writer.write
        self._write_later = telemetry.writer.write_later
        self._second = -1
        self._stamp = ""
        """The beginning of every line of that second."""
        self._seconds = telemetry.metrics.rpc_seconds
        self._errors = telemetry.metrics.rpc_errors
        self._limits_hit = telemetry.metrics.limits_hit
        self._says_all = LEVELS[level] <= LEVELS["info"]
        self._outcomes: dict[tuple[Method, StatusCode], _Outcome] = {}

    def end(self, progress: Progress, status: StatusCode, error: XacthucError | None = None) -> None:
        """Reports a finished call."""
        seconds = time.monotonic() - progress.started
        outcome = self._outcomes.get((progress.method, status)) or self._bind(progress.method, status)
        outcome.cell.observe(seconds)
        if error is not None:
            self._errors.add(error.reason)
            if limit := error.metadata.get("limit"):
                self._limits_hit.add(limit)
        if self._says_all and error is None and progress.span is None and (call := progress.call) is not None:
            self._write(self._plain_line(outcome, call, seconds))
        elif self._says_all or error is not None:
            self._write_later(self._line, time.time(), progress, seconds, outcome.status, error)
        if progress.span is not None:
            self._record(progress.span, progress.call, status, error)
            outcome.cell.mark(seconds, progress.trace.trace_id_hex, time.time())

    def _bind(self, method: Method, status: StatusCode) -> _Outcome:
        said = (
            f'+00:00","level":"info","event":"rpc","service":"{self._service}","method":"{method.path}",'
            f'"status":"{status.name}","duration_ms":'
        )
        outcome = _Outcome(self._seconds.cell(method.service, method.name, status.name), status.name, said)
        self._outcomes[method, status] = outcome
        return outcome

    def _plain_line(self, outcome: _Outcome, call: Call, seconds: float) -> bytes:
        """Renders what most calls leave, a third of the cost of `_line`. Nothing in it can need escaping."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = f'{{"time":"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.'
        micros = int((now - second) * 1_000_000)
        return (
            f"{self._stamp}{micros:06d}{outcome.said}{seconds * 1000:.3f},"
            f'"trace_id":"{call.trace.trace_id:032x}"{call.described()}}}\n'
        ).encode("ascii")

    def _line(
        self, at_seconds: float, progress: Progress, seconds: float, status: str, error: XacthucError | None
    ) -> bytes:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(at_seconds, UTC),
            "level": "error" if status == "INTERNAL" else "info",
            "event": "rpc",
            "service": self._service,
            "method": progress.method.path,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "trace_id": progress.trace.trace_id_hex,
        }
        if progress.call is not None:
            progress.call.describe(line)
        if error is not None:
            line["reason"] = error.reason.value
            if error.field_faults:
                line["fields"] = [fault.field for fault in error.field_faults]
        # Parsing the caller's header costs as much as the rest of the line: only where somebody will look.
        if (error is not None or progress.span is not None) and (linked := progress.trace.linked) is not None:
            line["caller_trace_id"] = f"{linked.trace_id:032x}"
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)

    def _record(self, span: Span, call: Call | None, status: StatusCode, error: XacthucError | None) -> None:
        span.set("rpc.response.status_code", status.name)
        if call is not None and call.has_platform:
            span.set("xacthuc.platform", call.platform)
        if error is not None:
            span.set("error.type", error.reason.value)
        if status in _FAULTS_OF_OURS:
            span.failure = status.name
        span.end()
