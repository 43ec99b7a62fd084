"""A report as one HTML page: its own style, its plots within it, no script. It reads on a phone and in print."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE: Final = (Path(__file__).parent / "page.css").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows below their headings; numbers stand to the right."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    total: bool = False
    """Whether the last row is the sum of the others."""


def page(title: str, lead: str, parts: Sequence[Table | str], *, good: bool, foot: str) -> str:
    """Returns the page. `lead` is the one sentence that matters; a part is a table, or a plot that is drawn already."""
    body = "".join(_table(part) if isinstance(part, Table) else part for part in parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="lead {"good" if good else "bad"}">{escape(lead)}</p>'
        f"{body}<footer>{escape(foot)}</footer></main></body></html>\n"
    )


def number(value: str | int) -> str:
    """Returns a number as people read it: 1 900 000."""
    return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}") if isinstance(value, int) else value


def _table(table: Table) -> str:
    numeric = [all(isinstance(row[at], int) for row in table.rows) for at in range(len(table.headings))]
    headings = "".join(
        f"<th{' class=n' if counts else ''}>{escape(each)}</th>"
        for each, counts in zip(table.headings, numeric, strict=True)
    )
    rows = "".join(
        f"<tr{' class=total' if table.total and at == len(table.rows) - 1 else ''}>{''.join(map(_cell, row))}</tr>"
        for at, row in enumerate(table.rows)
    )
    head = f"<thead><tr>{headings}</tr></thead>" if any(table.headings) else ""
    return f"<section><h2>{escape(table.title)}</h2><table>{head}<tbody>{rows}</tbody></table></section>"


def _cell(value: str | int) -> str:
    return f"<td{' class=n' if isinstance(value, int) else ''}>{escape(number(value))}</td>"
