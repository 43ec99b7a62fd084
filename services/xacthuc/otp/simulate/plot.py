"""A replay as a picture: what passes and what is refused, and how near the guard's subjects come to their limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from matplotlib.dates import ConciseDateFormatter, HourLocator
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from xacthuc.otp.simulate.replay import BIN_MS

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from xacthuc.otp.simulate.replay import Bin, Report

_VIETNAM: Final = timezone(timedelta(hours=7))
_PASSED, _REFUSED, _COUNT, _LIMIT = "#4c78a8", "#e45756", "#e45756", "#333333"
_SHOWN: Final = 2
"""Subjects with a panel of their own: the most refused, and the range it belongs to or the next most refused."""
_MOST_TICKS: Final = 16


def plot(report: Report, path: Path) -> None:
    """Draws to a file whose ending says the format, `.png` or `.svg`."""
    subjects = _subjects(report)
    figure = Figure(figsize=(10, 3.2 + 2.2 * len(subjects)), layout="constrained")
    rows = figure.subplots(1 + len(subjects), 1, sharex=True, squeeze=False, height_ratios=[3, *[2] * len(subjects)])
    messages, *others = [row[0] for row in rows]
    bins = sorted(report.bins.items())
    _draw_messages(messages, bins)
    for axes, subject in zip(others, subjects, strict=True):
        _draw_subject(axes, subject, bins)
    _label_time([*others, messages], bins)
    messages.set_title(_headline(report), loc="left", fontsize=11)
    figure.savefig(path, dpi=150)


def _headline(report: Report) -> str:
    return (
        f"{report.messages:,} messages, {report.refused:,} refused, {report.saved_vnd:,} dong saved,"
        f" {report.people_asked:,} people asked for a CAPTCHA"
    )


def _draw_messages(axes: Axes, bins: list[tuple[int, Bin]]) -> None:
    times = [_time(place) for place, _ in bins]
    axes.stackplot(
        times,  # type: ignore[arg-type]  # dates are taken, whatever the annotation says
        [each.passed for _, each in bins],
        [each.refused for _, each in bins],
        labels=["sent", "refused"],
        colors=[_PASSED, _REFUSED],
        step="mid",
    )
    axes.set_ylabel("messages\nin ten minutes")
    axes.set_ylim(bottom=0)
    _finish(axes)


def _draw_subject(axes: Axes, subject: str, bins: list[tuple[int, Bin]]) -> None:
    known = [(_time(place), *each.pressure[subject]) for place, each in bins if subject in each.pressure]
    times, counts, limits = zip(*known, strict=True)
    axes.plot(times, counts, color=_COUNT, label="unverified in an hour")
    axes.plot(times, limits, color=_LIMIT, linestyle="--", label="limit")
    axes.set_title(subject, loc="left", fontsize=10)
    axes.set_ylabel("messages")
    axes.set_ylim(bottom=0)
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=False, ncols=2, fontsize=9)
    axes.margins(x=0, y=0.25)


def _label_time(all_axes: list[Axes], bins: list[tuple[int, Bin]]) -> None:
    hours = (bins[-1][0] - bins[0][0]) * BIN_MS / 3_600_000 if bins else 1
    step = next((each for each in (1, 2, 3, 6, 12) if hours / each <= _MOST_TICKS), 24)
    for axes in all_axes:
        locator = HourLocator(byhour=range(0, 24, step), tz=_VIETNAM)  # type: ignore[no-untyped-call]  # matplotlib's own
        axes.xaxis.set_major_locator(locator)
        spelled = ConciseDateFormatter(locator, tz=_VIETNAM, show_offset=False)  # type: ignore[no-untyped-call]  # likewise
        axes.xaxis.set_major_formatter(spelled)
    all_axes[-2 if len(all_axes) > 1 else 0].set_xlabel("time in Vietnam")


def _subjects(report: Report) -> list[str]:
    """Returns the subjects most refused; where that is a block, the busiest range beside it, which must stay calm."""
    refused = [subject for subject, _ in report.by_subject.most_common(_SHOWN)]
    seen = {subject for each in report.bins.values() for subject in each.pressure}
    ranges = sorted(
        (subject for subject in seen if subject.startswith("operator:")),
        key=lambda subject: max(each.pressure.get(subject, (0, 0))[0] for each in report.bins.values()),
        reverse=True,
    )
    return list(dict.fromkeys([*refused, *ranges]))[:_SHOWN]


def _time(place: int) -> datetime:
    return datetime.fromtimestamp(place * BIN_MS / 1000, UTC)
