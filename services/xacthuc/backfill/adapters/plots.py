"""Plots as inline SVG: no script, no font, no file beside them. They read on a phone, in print, and without colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 22, 26
_WIDE, _HIGH = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_TICKS: Final = 4
_DAYS_SHOWN: Final = 7
"""Labels along the days, at most."""
_THOUSANDS: Final = ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k"))


def stacked(
    days: Sequence[date], layers: Sequence[tuple[str, str, Sequence[int]]], *, title: str, mark: date | None = None
) -> str:
    """Draws layers on top of each other, day by day; a layer is its name, its class in the style sheet, and its values.

    `mark` is a day with a line of its own, such as that of a deadline.
    """
    totals = [sum(values) for values in zip(*(values for _, _, values in layers), strict=True)]
    top = _nice(max(totals, default=0))
    below = [0] * len(days)
    drawn = list[str]()
    for name, style, values in layers:
        above = [low + value for low, value in zip(below, values, strict=True)]
        drawn.append(f'<path class="{style}" d="{_area(below, above, top)}"><title>{escape(name)}</title></path>')
        below = above
    return _framed(days, top, drawn, title=title, mark=mark, names=[(name, style) for name, style, _ in layers])


def short(number: float) -> str:
    """Returns a number as an axis has room for: `1.5m`."""
    for unit, name in _THOUSANDS:
        if number >= unit:
            return f"{number / unit:.4g}{name}"
    return f"{number:.4g}"


def _area(below: Sequence[int], above: Sequence[int], top: int) -> str:
    """Returns steps, since what is counted is counted by the day."""
    step = _WIDE / len(above)
    there = [(_LEFT + step * (at + side), value) for at, value in enumerate(above) for side in (0, 1)]
    back = [(_LEFT + step * (at + side), value) for at, value in enumerate(below) for side in (0, 1)][::-1]
    return "M" + "L".join(f"{x:.1f} {_y(value, top):.1f}" for x, value in (*there, *back)) + "Z"


def _framed(
    days: Sequence[date],
    top: int,
    drawn: Sequence[str],
    *,
    title: str,
    mark: date | None,
    names: Sequence[tuple[str, str]],
) -> str:
    step = _WIDE / len(days)
    lines = [
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_y(value, top):.1f}" y2="{_y(value, top):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{_y(value, top) + 4:.1f}" text-anchor="end">{short(value)}</text>'
        for value in (top * tick / _TICKS for tick in range(_TICKS + 1))
    ]
    every = -(-len(days) // _DAYS_SHOWN)
    labels = [
        f'<text x="{_LEFT + step * (at + 0.5):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{day:%d/%m}</text>'
        for at, day in enumerate(days)
        if at % every == 0
    ]
    marked = ""
    if mark is not None and days[0] <= mark <= days[-1]:
        x = _LEFT + step * ((mark - days[0]).days + 1)
        marked = (
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
            f'<text class="mark" x="{x - 5:.1f}" y="{_TOP - 8}" text-anchor="end">deadline {mark:%d/%m}</text>'
        )
    keys = "".join(f'<span><i class="{style}"></i>{escape(name)}</span>' for name, style in names)
    legend = f'<p class="legend">{keys}</p>' if len(names) > 1 else ""  # the title says what a single layer is
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join((*lines, *drawn, *labels, marked))}</svg>'
        f"{legend}</figure>"
    )


def _y(value: float, top: int) -> float:
    return _TOP + _HIGH * (1 - value / top)


def _nice(most: int) -> int:
    """Returns a round number that nothing stands above."""
    unit: int = 10 ** (len(str(most)) - 1)
    return next(unit * factor for factor in (1, 2, 4, 6, 8, 10, 12) if unit * factor >= max(most, 1))
