"""A page to read and print of what is held, Vietnamese with English beside it, without scripts or anything from elsewhere.

Times are those of Vietnam. Whatever comes from a row is escaped, so that the tags of a page are those written here.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, Final

from xacthuc.policy.dates import VIETNAM_TIME
from xacthuc.shares.words import COLUMNS, PAGE, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.shares.filled import Filled

_STYLE: Final = """
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:#1c2733;margin:0 auto;max-width:60rem;padding:2rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.en{color:#667485;font-weight:normal;font-size:.85em}
dl{display:grid;grid-template-columns:minmax(11rem,16rem) 1fr;gap:.3rem 1rem;margin:0}dt{color:#445}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #dde3ea;overflow-wrap:break-word}
th{color:#445;font-weight:600}p.none,p.more{color:#667485;margin:0}
h1.of{border-top:2px solid #1c2733;margin:3rem 0 0;padding-top:1rem}p.missing{border:2px solid #a4262c;margin:0 0 1.5rem;padding:.8rem 1rem}
@media print{body{padding:0;font-size:11px;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""

_BODY: Final = "<body>"
_END: Final = "</body></html>"


def page(*parts: str) -> str:
    """Returns parts as one page."""
    head = (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">",
        f"<title>{PAGE['title'].vi}</title><style>{_STYLE}</style></head>{_BODY}",
    )
    return "".join((*head, *parts, _END))


def joined(whole: str, before: str, behind: str) -> str:
    """Returns a page with more at its beginning and at its end; ValueError when it is none that `page` made."""
    if whole.count(_BODY) != 1 or whole.count(_END) != 1:
        raise ValueError("not a page of what is held on an account")
    return whole.replace(_BODY, _BODY + before).replace(_END, behind + _END)


def sections(filled: Sequence[Filled]) -> str:
    """Renders what there is, and of what there is nothing."""
    empty = ", ".join(f"{each.title_vi} {english(each.title_en)}" for each in filled if not each.rows)
    there = (_section(each) for each in filled if each.rows)
    return "".join((*there, title(PAGE["empty"].vi, PAGE["empty"].en), f"<p>{empty or '—'}</p>"))


def left_out(reasons: Mapping[str, str]) -> str:
    """Renders what is not there, and why."""
    rows = [{"table": name, "reason": why} for name, why in reasons.items()]
    return title(PAGE["left_out"].vi, PAGE["left_out"].en) + table(["table", "reason"], rows)


def _section(section: Filled) -> str:
    more = section.total - len(section.rows)
    body = pairs(section.rows[0]) if len(section.rows) == 1 else table(list(section.rows[0]), section.rows)
    left = f"<p class=more>{PAGE['more'].vi.format(more)} {english(PAGE['more'].en.format(more))}</p>" if more else ""
    return title(section.title_vi, section.title_en) + body + left


def title(vi: str, en: str) -> str:
    """Renders a heading."""
    return f"<h2>{escape(vi)} {english(en)}</h2>"


def english(text: str) -> str:
    """Renders what stands beside the Vietnamese."""
    return f'<span class=en lang="en">{escape(text)}</span>'


def pairs(row: Mapping[str, Any]) -> str:
    """Renders one row, without what is empty."""
    told = ((name, value) for name, value in row.items() if value not in (None, ""))
    return f"<dl>{''.join(f'<dt>{_label(name)}</dt><dd>{_shown(value)}</dd>' for name, value in told)}</dl>"


def table(names: list[str], rows: Any) -> str:
    """Renders rows, without the columns that are empty in all of them."""
    used = [name for name in names if any(row[name] not in (None, "") for row in rows)]
    head = "".join(f"<th>{_label(name)}</th>" for name in used)
    body = "".join(f"<tr>{''.join(f'<td>{_shown(row[name])}</td>' for name in used)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _label(name: str) -> str:
    text = COLUMNS[name]
    return f"{escape(text.vi)} {english(text.en)}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M:%S")
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value) or "—"
    words = VALUES.get(str(value))
    return escape(str(value)) if words is None else f"{escape(words.vi)} {english(words.en)}"
