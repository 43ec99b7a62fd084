"""The live table of `xacthuc delivery`. Loaded for a person at a terminal alone: rich weighs 60 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from xacthuc.cli.commands.delivery import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS: Final = frozenset({"provider", "operator", "channel", "circuit"})
"""Columns that are read from the left; the others hold numbers."""

_NAMES: Final = frozenset({"provider", "operator"})
"""Columns that are folded where there is no room."""

_WIDE: Final = 112
"""Columns of a terminal that hold all fields."""
_LEFT_OUT: Final = frozenset({"delivered_count", "failed_count", "verified_count", "mean"})
"""Fields that a narrower one does without."""


def view(rows: Sequence[Mapping[str, str]], window: str, fault: str) -> RenderableType:
    """Returns what stands on the screen: a heading, the table, and above both what keeps it from being fresh."""
    heading = Text(f"codes of the last {window}; Ctrl-C ends", style="dim")
    lines: list[RenderableType] = [Text(fault, style="bold red")] if fault else []
    return Group(*lines, heading, _Figures(rows) if rows else Text("none was sent yet"))


class _Figures:
    """The table, with as many columns as the terminal of the moment holds."""

    def __init__(self, rows: Sequence[Mapping[str, str]]) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yields the table, for rich."""
        fields = [field for field in LABELS if options.max_width >= _WIDE or field not in _LEFT_OUT]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for field in fields:
            justify: JustifyMethod = "left" if field in _WORDS else "right"
            table.add_column(LABELS[field], justify=justify, overflow="fold", no_wrap=field not in _NAMES)
        for row in self._rows:
            cells = [Text(row[field] or "-") for field in fields]  # Text, so that brackets are not read as markup
            table.add_row(*cells, style="red" if row["circuit"] == "open" else "")
        yield table
