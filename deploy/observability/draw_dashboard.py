"""Draws a dashboard as Grafana lays it out, from a Prometheus that watched a run: the picture of docs/operations.md.

python deploy/observability/draw_dashboard.py http://127.0.0.1:9090 business 20 docs/images/dashboard.png

Each panel asks what its file asks, over the last minutes. A panel that has no answer says so, as it would there.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

_FOLDER: Final = Path(__file__).parent / "dashboards"
_COLUMNS: Final = 24
_STEP_SECONDS: Final = 10
_RATE: Final = "1m"
"""What stands for `$__rate_interval`: at least four times the interval of a scrape, as Grafana takes it."""

_WIDTH_INCHES, _ROW_INCHES = 16, 0.4
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.6, 0.2, 0.35, 0.85
"""Inches of a panel around its graph; the legend is below."""

_MOST_NAMED: Final = 6

Point = tuple[float, float]


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms" if seconds else "0"


_SPELLED: Final[dict[str, Callable[[float], str]]] = {
    "s": _duration,
    "percentunit": lambda share: f"{share:.0%}",
    "bytes": lambda size: f"{size / 2**20:.0f} MiB",
    "reqps": lambda rate: f"{rate:g}/s",
    "short": lambda number: f"{number:,.6g}",
}


def series_of(prometheus: str, query: str, since: float, until: float) -> list[dict[str, Any]]:
    """Returns what Prometheus answers for a range of time, in Unix seconds; OSError when it does not."""
    asked = {"query": query.replace("$__rate_interval", _RATE), "start": since, "end": until, "step": _STEP_SECONDS}
    with urlopen(f"{prometheus}/api/v1/query_range?{urlencode(asked)}", timeout=30) as answer:  # noqa: S310 - what was given
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


def named(legend: str, labels: dict[str, str]) -> str:
    """Returns a series' name as Grafana fills the legend in, without the packages of contracts."""
    filled = re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend)
    return re.sub(r"xacthuc\.api\.\w+\.v1\.", "", filled).strip()


def lines_of(panel: dict[str, Any], prometheus: str, since: float, until: float) -> list[tuple[str, list[Point]]]:
    """Returns what a panel draws, the highest first; points are minutes before `until` and values."""
    lines = [
        (
            named(target["legendFormat"], series["metric"]),
            [((float(at) - until) / 60, float(value)) for at, value in series["values"] if value != "NaN"],
        )
        for target in panel["targets"]
        for series in series_of(prometheus, target["expr"], since, until)
    ]
    return sorted((line for line in lines if line[1]), key=lambda line: -max(value for _, value in line[1]))


def draw_panel(axes: Axes, panel: dict[str, Any], lines: list[tuple[str, list[Point]]]) -> None:
    """Draws one panel."""
    settings = panel["fieldConfig"]["defaults"]
    if lines and settings["custom"]["stacking"]["mode"] == "normal":
        instants = sorted({at for _, points in lines for at, _ in points})
        heights = [[dict(points).get(at, 0.0) for at in instants] for _, points in lines]
        names = [name for name, _ in lines]
        axes.stackplot(instants, heights, labels=names, alpha=0.75)
    else:
        for name, points in lines:
            axes.plot([at for at, _ in points], [value for _, value in points], label=name, linewidth=1.1)
    axes.set_title(panel["title"], loc="left", fontsize=9)
    top = max((value for _, points in lines for _, value in points), default=0)
    axes.set_ylim(0, None if top else 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _place: f"{minutes:g} min" if minutes else "now"))
    spelled = _SPELLED[settings["unit"]]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: spelled(value)))
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if not lines:
        axes.text(0.5, 0.5, "No data", transform=axes.transAxes, ha="center", color="#8a8f98")
        return
    handles, names = axes.get_legend_handles_labels()
    shown = handles[:_MOST_NAMED], names[:_MOST_NAMED]
    ncols = 3 if panel["gridPos"]["w"] >= _COLUMNS // 3 else 2
    axes.legend(*shown, fontsize=6.5, frameon=False, ncols=ncols, loc="upper left", bbox_to_anchor=(-0.02, -0.12))


def draw(prometheus: str, name: str, minutes: int, to: Path) -> None:
    """Draws the last minutes of a dashboard."""
    board = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    until = time.time()
    since = until - 60 * minutes
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * _ROW_INCHES + 0.3
    figure = plt.figure(figsize=(_WIDTH_INCHES, height))
    figure.text(0.01, 1 - 0.2 / height, board["title"], fontsize=12)
    for panel in board["panels"]:
        place = panel["gridPos"]
        left, wide = (place[side] / _COLUMNS * _WIDTH_INCHES for side in ("x", "w"))
        top, high = place["y"] * _ROW_INCHES + 0.3, place["h"] * _ROW_INCHES
        axes = figure.add_axes(
            (
                (left + _LEFT) / _WIDTH_INCHES,
                1 - (top + high - _BOTTOM) / height,
                (wide - _LEFT - _RIGHT) / _WIDTH_INCHES,
                (high - _TOP - _BOTTOM) / height,
            )
        )
        axes.set_xlim(-minutes, 0)
        draw_panel(axes, panel, lines_of(panel, prometheus, since, until))
    figure.savefig(to, dpi=80)


def main(prometheus: str, name: str, minutes: str, to: str) -> None:
    """Draws what the command line asks for."""
    draw(prometheus, name, int(minutes), Path(to))


if __name__ == "__main__":
    main(*sys.argv[1:])
