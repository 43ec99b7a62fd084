"""Events as JSON lines on standard output: static names, keyword fields, the trace id, nothing personal.

    log = get_logger()
    log.info("keys_refreshed", count=12)

This module is the one place of global state in the process, since logging libraries have one configuration. The line
every call ends with is not made here: `grpckit.observer` writes it straight to the `LineWriter`.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from xacthuc import lean
from xacthuc.telemetry.redaction import redact_event
from xacthuc.telemetry.tracing import current

with lean.without("rich", "twisted"):  # for coloured tracebacks and another event loop; lines are JSON here
    import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import FilteringBoundLogger

    from xacthuc.telemetry.lines import LineWriter

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def get_logger() -> FilteringBoundLogger:
    """Returns a logger; its configuration is looked up at the first event, so it may be made before `configure`."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def configure(service: str, level: str, writer: LineWriter) -> None:
    """Sends the events of this process, and those of libraries from WARNING on, to `writer`.

    `level` is one of `LEVELS`; ValueError otherwise.
    """
    if level not in LEVELS:
        raise ValueError(f"log level must be one of {', '.join(LEVELS)}")
    pipeline = _Pipeline(service)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            pipeline.add_place,
            structlog.processors.format_exc_info,
            redact_event,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: _LineLogger(writer),
        cache_logger_on_first_use=False,
    )
    bridge = _LibraryBridge(writer, pipeline)
    logging.basicConfig(handlers=[bridge], level=max(LEVELS[level], logging.WARNING), force=True)


def timestamp(seconds: float) -> str:
    """Returns an instant, in seconds since the Unix epoch, as log lines spell it: RFC 3339, UTC, microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class _Pipeline:
    def __init__(self, service: str) -> None:
        self._service = service

    def add_place(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["time"] = datetime.now(UTC).isoformat()
        event["service"] = self._service
        trace = current()
        if trace is not None:
            event["trace_id"] = trace.trace_id_hex
        return event


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_APPEND_NEWLINE)


class _LineLogger:
    """What structlog calls with the rendered line, one method per level."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer

    def info(self, line: bytes) -> None:
        self._writer.write(line)

    debug = warning = warn = info

    def error(self, line: bytes) -> None:
        # Written at once: an error may be the last thing this process says.
        self._writer.write(line)
        self._writer.flush()

    exception = critical = fatal = error


class _LibraryBridge(logging.Handler):
    """Records of libraries (grpc, asyncio, OpenTelemetry) through the same pipeline, from whatever thread."""

    def __init__(self, writer: LineWriter, pipeline: _Pipeline) -> None:
        super().__init__()
        self._writer = writer
        self._pipeline = pipeline

    def emit(self, record: logging.LogRecord) -> None:
        event: MutableMapping[str, Any] = {
            "event": "library_log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["exception"] = logging.Formatter().formatException(record.exc_info)
        event = redact_event(None, "", self._pipeline.add_place(None, "", event))
        self._writer.write(_render(None, "", event))
