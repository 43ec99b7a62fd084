"""Which calls are traced, and the spans of those that are.

The decision is made from the trace id before any SDK object exists, so an unsampled call costs two random numbers and
one context variable. A sampled one collects its spans in small objects of ours, and `spans.py` turns each finished
span into what the OpenTelemetry SDK exports. Identifiers are propagated either way, so that every log line and every
error has a trace id. Attribute values must not be personal: no account id, no number.

Telemetry reads the machine's clock itself: it measures this process and decides nothing.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar, Token
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeAlias

from xacthuc.telemetry import traceparent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from xacthuc.telemetry.traceparent import Remote

AttributeValue: TypeAlias = str | int | float | bool


class Kind(Enum):
    """Which side of a conversation a span is (OpenTelemetry's SpanKind, without importing it)."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Recorder(Protocol):
    """Takes finished spans of sampled traces. Must neither block nor raise."""

    def record(self, span: Span) -> None:
        """Takes one finished span."""
        ...


class TraceContext:
    """A span's place in its trace, and whether the trace is recorded."""

    __slots__ = ("linked_header", "parent_id", "recorder", "remote_parent", "span_id", "trace_id")

    def __init__(
        self,
        trace_id: int,
        span_id: int,
        recorder: Recorder | None,
        *,
        parent_id: int = 0,
        remote_parent: bool = False,
        linked_header: str | None = None,
    ) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.recorder = recorder
        """Where spans go; None when the trace is not sampled."""
        self.parent_id = parent_id
        self.remote_parent = remote_parent
        self.linked_header = linked_header

    @property
    def linked(self) -> Remote | None:
        """The span that led to this one without being its parent, such as a platform's own. Parsed when asked for."""
        return traceparent.parse(self.linked_header) if self.linked_header else None

    @property
    def sampled(self) -> bool:
        """Whether spans of this trace are recorded, here and by whoever is called."""
        return self.recorder is not None

    @property
    def trace_id_hex(self) -> str:
        """The trace id as 32 hex digits: what logs, errors and trace viewers share."""
        return f"{self.trace_id:032x}"

    def traceparent(self) -> str:
        """Returns the header by which another process continues this trace."""
        return traceparent.render(self.trace_id, self.span_id, sampled=self.recorder is not None)


class Span:
    """A step of a sampled trace: current between `with` and its end, recorded at its end."""

    __slots__ = ("_token", "attributes", "context", "end_ns", "failure", "kind", "name", "start_ns")

    def __init__(
        self, name: str, context: TraceContext, kind: Kind, attributes: Mapping[str, AttributeValue] | None = None
    ) -> None:
        self.name = name
        self.context = context
        self.kind = kind
        self.attributes: dict[str, AttributeValue] = dict(attributes) if attributes else {}
        self.start_ns = time.time_ns()
        self.end_ns = 0
        self.failure = ""
        """A status or exception class when the step failed; never a message, which could be personal."""
        self._token: Token[TraceContext | None] | None = None

    def set(self, key: str, value: AttributeValue) -> None:
        """Adds an attribute, which must not be personal."""
        self.attributes[key] = value

    def fail(self, cause: str) -> None:
        """Says that the step failed, and by which class of error."""
        self.failure = self.attributes["error.type"] = cause

    def traceparent(self) -> str:
        """Returns the header by which something that happens later can point back to this step."""
        return self.context.traceparent()

    def end(self) -> None:
        """Ends the span now and hands it to the recorder."""
        self.end_ns = time.time_ns()
        if self.context.recorder is not None:
            self.context.recorder.record(self)

    def __enter__(self) -> Self:
        self._token = _current.set(self.context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.failure = kind.__name__
        if self._token is not None:
            _current.reset(self._token)
        self.end()


class NoSpan:
    """Stands for a step of an unsampled trace and does nothing."""

    __slots__ = ()

    def set(self, key: str, value: AttributeValue) -> None:
        """Does nothing."""

    def fail(self, cause: str) -> None:
        """Does nothing."""

    def traceparent(self) -> str:
        """Returns nothing to point back to."""
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass


_NO_SPAN: Final = NoSpan()
_current: Final[ContextVar[TraceContext | None]] = ContextVar("xacthuc_trace", default=None)

activate: Final = _current.set
"""Makes a context current for the rest of this task. A call has a task of its own, so nothing is restored."""


def current() -> TraceContext | None:
    """Returns the span in progress in this task, or None outside a call."""
    return _current.get()


def carried() -> str | None:
    """Returns what a row keeps of the current trace, so that who deals with it later goes on; None when not recorded."""
    context = _current.get()
    return None if context is None or context.recorder is None else context.traceparent()


def deactivate() -> None:
    """Leaves the current trace for the rest of this task, as a task that outlives the call it was started from does."""
    _current.set(None)


def span(
    name: str, attributes: Mapping[str, AttributeValue] | None = None, *, kind: Kind = Kind.INTERNAL
) -> Span | NoSpan:
    """Returns a `with` block that is a child span of the current one; free of cost when the trace is not sampled."""
    parent = _current.get()
    if parent is None or parent.recorder is None:
        return _NO_SPAN
    return Span(name, child_of(parent), kind, attributes)


def apart(name: str, attributes: Mapping[str, AttributeValue] | None = None) -> Span | NoSpan:
    """Returns a `with` block that is a trace of its own, linked to the current step and recorded when that is.

    For one of very many things under a step that lasts, such as a batch of a stream: no viewer shows all as one trace.
    """
    above = _current.get()
    if above is None or above.recorder is None:
        return _NO_SPAN
    context = TraceContext(
        _random_bits(128) or 1, _random_bits(64) or 1, above.recorder, linked_header=above.traceparent()
    )
    return Span(name, context, Kind.INTERNAL, attributes)


def child_of(parent: TraceContext) -> TraceContext:
    """Returns a new place below `parent`, recorded where `parent` is."""
    return TraceContext(parent.trace_id, _random_bits(64) or 1, parent.recorder, parent_id=parent.span_id)


# Identifiers are not secrets: the fast generator, seeded by the operating system, is what the SDK uses as well.
_random_bits: Final = random.Random().getrandbits


class Tracer:
    """Begins traces: decides which are sampled and whose parent is obeyed."""

    def __init__(self, recorder: Recorder | None, sample_ratio: float) -> None:
        """`sample_ratio` 0 to 1 is the share of new traces recorded; without a recorder none is."""
        self._recorder = recorder
        # As TraceIdRatioBased of the SDK: the lower 64 bits of the id against a bound, so that services agree.
        self._bound = round(sample_ratio * 2**64) if recorder is not None else 0

    def root(self, linked_header: str | None = None) -> TraceContext:
        """Begins a trace with a decision of its own. A header from outside is linked, never obeyed.

        Otherwise anybody could switch tracing on for all their calls, or hide them.
        """
        trace_id = _random_bits(128) or 1
        recorder = self._recorder if (trace_id & 0xFFFFFFFFFFFFFFFF) < self._bound else None
        return TraceContext(trace_id, _random_bits(64) or 1, recorder, linked_header=linked_header)

    def follow(self, header: str | None) -> TraceContext:
        """Continues the trace of a trusted caller, its sampling decision included; a root when it named none."""
        remote = traceparent.parse(header) if header else None
        if remote is None:
            return self.root()
        return TraceContext(
            remote.trace_id,
            _random_bits(64) or 1,
            self._recorder if remote.sampled else None,
            parent_id=remote.span_id,
            remote_parent=True,
        )

    def linked(self, header: str) -> TraceContext:
        """Begins a trace for something that a step of our own led to; it is recorded when that step was."""
        remote = traceparent.parse(header) if header else None
        recorder = self._recorder if remote is not None and remote.sampled else None
        return TraceContext(_random_bits(128) or 1, _random_bits(64) or 1, recorder, linked_header=header)

    def resume(
        self, name: str, header: str | None, attributes: Mapping[str, AttributeValue] | None = None
    ) -> Span | NoSpan:
        """Returns a `with` block for what a row ordered: a part of the trace it carries, or of one that begins here.

        Work has a task of its own, so that a trace which is not recorded is current for the rest of it: logs name it.
        """
        context = self.follow(header)
        if context.recorder is None:
            activate(context)
            return _NO_SPAN
        return Span(name, context, Kind.CONSUMER, attributes)

    @contextmanager
    def shared(
        self, name: str, headers: Iterable[str], attributes: Mapping[str, AttributeValue] | None = None
    ) -> Iterator[None]:
        """A block for what several steps of others led to at once, such as a batch of entries of a stream.

        It is a step of each of their traces that is recorded, and what it asks for goes on with the first.
        """
        found = [self.follow(header) for header in dict.fromkeys(headers) if traceparent.parse(header) is not None]
        steps = [Span(name, context, Kind.CONSUMER, attributes) for context in found if context.sampled]
        with ExitStack() as ending:
            for step in reversed(steps):
                ending.enter_context(step)
            yield

    def job(
        self, name: str, linked_header: str | None = None, attributes: Mapping[str, AttributeValue] | None = None
    ) -> Span:
        """Returns a `with` block for work without a caller (a worker's entry): a root, linked to what ordered it."""
        return Span(name, self.root(linked_header), Kind.CONSUMER, attributes)
