"""Draws a trace from the spans that OtelTap wrote (docs/tutorial.md): the picture of docs/operations.md.

python deploy/observability/draw.py var/spans.jsonl ConfirmLink "process PUSH" docs/images/trace.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final = {1: "#8a8f98", 2: "#2f6f9f", 3: "#d9822b", 4: "#6a4c93", 5: "#3f8f5b"}
"""By the protocol's number of a span's kind: steps, calls served, calls made, and work that a row or a message ordered."""


def newest_trace(file: Path, call: str, step: str) -> list[dict[str, Any]]:
    """Returns the spans of the last whole trace that has `call` at its root and `step` below; IndexError without one."""
    spans = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.startswith("{")]
    known = {span["traceId"] for span in spans if span["name"].endswith(call) and not span["parentSpanId"]}
    trace = [span["traceId"] for span in spans if span["name"] == step and span["traceId"] in known][-1]
    return [span for span in spans if span["traceId"] == trace]


def in_order(spans: list[dict[str, Any]], parent: str = "", depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the spans as a tree is read, each with its depth."""
    children = [span for span in spans if span["parentSpanId"] == parent]
    for span in sorted(children, key=lambda span: int(span["startTimeUnixNano"])):
        yield depth, span
        yield from in_order(spans, span["spanId"], depth + 1)


def draw_trace(spans: list[dict[str, Any]], to: Path) -> None:
    """Draws a row for each span but the statements of transactions, in milliseconds since the first."""
    transactions = {span["spanId"] for span in spans if span["name"] == "postgresql"}
    jobs = {span["spanId"] for span in spans if span["name"].startswith("process ")}
    rows = [
        (depth, span)
        for depth, span in in_order(spans)
        if span["parentSpanId"] not in transactions or span["spanId"] in jobs
    ]
    names = list[str]()
    began = min(int(span["startTimeUnixNano"]) for _, span in rows)
    figure, axes = plt.subplots(figsize=(13, 0.26 * len(rows) + 1.2), layout="constrained")
    for place, (depth, span) in enumerate(rows):
        start, end = ((int(span[f"{side}TimeUnixNano"]) - began) / 1e6 for side in ("start", "end"))
        axes.barh(place, max(end - start, 0.15), left=start, height=0.7, color=_KINDS[span["kind"]])
        axes.text(end, place, f" {end - start:.1f} ms", va="center", fontsize=7)
        name = span["name"].rpartition(".")[2] if "/" in span["name"] else span["name"]
        names.append("    " * depth + name)
    axes.invert_yaxis()
    axes.set_yticks(range(len(rows)), names, ha="left", fontsize=8)
    axes.tick_params(axis="y", pad=270, length=0)
    axes.set_xlabel(f"milliseconds since the call began · trace {rows[0][1]['traceId']}")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(to, dpi=96)


def main(file: str, call: str, step: str, to: str) -> None:
    """Draws what the command line asks for."""
    draw_trace(newest_trace(Path(file), call, step), Path(to))


if __name__ == "__main__":
    main(*sys.argv[1:])
