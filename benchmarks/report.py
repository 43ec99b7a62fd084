"""Figures beside their targets: a table for people, `bench.json` for machines."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


_WHOLE_FROM: Final = 100
"""Beyond it a fraction is noise."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    """The target; None for a figure that is only told."""
    aim: float | None = None
    """What is hoped for beyond the target."""
    low: float | None = None
    high: float | None = None
    """The spread over the rounds."""

    @property
    def verdict(self) -> str:
        """`ok`, `short` of the target, or nothing where there is none."""
        if self.at_most is None:
            return ""
        return "ok" if self.value <= self.at_most else "short"

    def row(self) -> tuple[str, ...]:
        """Returns the cells of its line."""
        spread = "" if self.low is None or self.high is None else f"{_told(self.low)} to {_told(self.high)}"
        target = "" if self.at_most is None else f"≤ {self.at_most:g}"
        aim = "" if self.aim is None else f"≤ {self.aim:g}"
        return self.name, _told(self.value), self.unit, spread, target, aim, self.verdict


@dataclass
class Report:
    """All figures of one run, by section."""

    command: str
    sections: dict[str, list[Figure]] = field(default_factory=dict)

    def add(self, section: str, *figures: Figure) -> None:
        """Adds figures, in the order they will be shown."""
        self.sections.setdefault(section, []).extend(figures)

    def extend(self, sections: Mapping[str, Sequence[Figure]]) -> None:
        """Adds whole sections."""
        for section, figures in sections.items():
            self.add(section, *figures)

    @property
    def short(self) -> list[str]:
        """The names of the figures that miss their target."""
        return [figure.name for figures in self.sections.values() for figure in figures if figure.verdict == "short"]

    def text(self) -> str:
        """Returns the table."""
        head = ("", "measured", "unit", "spread", "target", "aim", "")
        rows = [head, *(figure.row() for figures in self.sections.values() for figure in figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]

        def line(cells: Sequence[str]) -> str:
            return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

        lines = []
        for section, figures in self.sections.items():
            lines += ["", section, "  " + line(head), *("  " + line(figure.row()) for figure in figures)]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Writes everything as JSON."""
        sections = {
            section: [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
            for section, figures in self.sections.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**_circumstances(self.command), "sections": sections}, indent=2) + "\n", "utf-8")


def _told(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.3g}"


def spread(name: str, values: Sequence[float], unit: str, **targets: float | None) -> Figure:
    """Returns the median of the rounds, with the lowest and the highest."""
    return Figure(name, statistics.median(values), unit, low=min(values), high=max(values), **targets)


def percentile(values: Sequence[float], percent: float) -> float:
    """Returns the value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(len(ordered) * percent / 100) - 1))]


def _circumstances(command: str) -> dict[str, Any]:
    return {
        "command": command,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "load_average": round(os.getloadavg()[0], 2),
        },
    }
