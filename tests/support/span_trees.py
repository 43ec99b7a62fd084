"""What a platform's step led to as text: one line a span, indented below its parent, so that a test holds it whole.

Where a span stands among its siblings says nothing here, since they run beside each other: they are in alphabetical order.
Questions to a store that look the same under one step are one line, since a cache decides how many there are.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import unified_diff

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_receiver import OtlpReceiver

from xacthuc.telemetry.traceparent import render

_STORES = "db.system.name"
_SETTLED_SECONDS = 4.5
"""Processes send their spans every two seconds: nothing that did not belong there came in two sendings."""


@dataclass
class Step:
    """Something that a platform does and has traced: what it calls meanwhile is linked to it."""

    trace_id: int = field(default_factory=lambda: random.getrandbits(128) | 1)
    span_id: int = field(default_factory=lambda: random.getrandbits(64) | 1)

    @property
    def header(self) -> str:
        return render(self.trace_id, self.span_id, sampled=True)


@dataclass
class Platform:
    """Whoever calls: hand `traceparent` to the client."""

    step: Step | None = None

    def traceparent(self) -> str | None:
        return self.step.header if self.step else None

    @contextmanager
    def doing(self) -> Iterator[Step]:
        """What is called within the block is a part of one step."""
        self.step = step = Step()
        try:
            yield step
        finally:
            self.step = None


def drawn(step: Step, told: Iterable[tuple[str, Span]]) -> str:
    """The traces that a step led to, in the order in which they began; and below them those that they led to.

    A line is name, kind and service, and what its links lead to. A parent that did not come yet is `...`, a span that a
    link names and that did not come is `?`.
    """
    every = [(service.removeprefix("xacthuc-"), span) for service, span in told]
    names = {(span.trace_id, span.span_id): f"{_short(span.name)} in {service}" for service, span in every}
    mine = (step.trace_id.to_bytes(16, "big"), step.span_id.to_bytes(8, "big"))
    names[mine] = "the platform's step"
    traces: dict[bytes, list[tuple[str, Span]]] = defaultdict(list)
    led_to: dict[bytes, set[bytes]] = defaultdict(set)
    for service, span in every:
        traces[span.trace_id].append((service, span))
        for link in span.links:
            led_to[link.trace_id].add(span.trace_id)

    def began(trace_id: bytes) -> int:
        return min(span.start_time_unix_nano for _, span in traces[trace_id])

    found, ahead = list[bytes](), [mine[0]]
    while ahead:
        found += (new := sorted(set().union(*(led_to[each] for each in ahead)) - set(found), key=began))
        ahead = new
    return "\n".join(_tree(traces[trace_id], names) for trace_id in found)


def _tree(trace: list[tuple[str, Span]], names: dict[tuple[bytes, bytes], str]) -> str:
    own = {span.span_id for _, span in trace}
    below: dict[bytes, list[tuple[str, Span]]] = defaultdict(list)
    for service, span in trace:
        below[span.parent_span_id if span.parent_span_id in own else b""].append((service, span))

    def line(service: str, span: Span) -> str:
        kind = Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_")
        links = "".join(f" -> {names.get((each.trace_id, each.span_id), '?')}" for each in span.links)
        lost = "... " if span.parent_span_id and span.parent_span_id not in own else ""
        return f"{lost}{_short(span.name)} ({kind} in {service}){links}\n"

    def texts(spans: list[tuple[str, Span]]) -> list[str]:
        told, once = list[str](), set[str]()
        for service, span in spans:
            inner = "".join(texts(below[span.span_id])).splitlines()
            text = line(service, span) + "".join(f"  {each}\n" for each in inner)
            of_a_store = any(each.key == _STORES for each in span.attributes)
            (once.add if of_a_store else told.append)(text)
        return sorted([*told, *once])

    return "".join(texts(below[b""]))


def _short(name: str) -> str:
    return name.rpartition(".")[2] if "/" in name else name


def leads_to(
    flow: Callable[[], Step], receiver: OtlpReceiver, expected: str, *, tries: int = 3, seconds: float = 40
) -> None:
    """Holds that what a flow leads to is in the end `expected`; AssertionError with the difference.

    What is done later is told later, so it waits. A machine that stands still has a call asked again or a wait given up,
    which is another tree, so whole flows are repeated: what is wrong is wrong each time.
    """
    found = ""
    for _ in range(tries):
        step, give_up, since = flow(), time.monotonic() + seconds, 0.0
        while time.monotonic() < (since + _SETTLED_SECONDS if since else give_up):
            found = drawn(step, receiver.told)
            since = (since or time.monotonic()) if found == expected else 0.0
            time.sleep(0.2)
        if since:
            return
    difference = unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", n=200, lineterm="")
    raise AssertionError("\n".join(["the traces are others:", *difference]))
