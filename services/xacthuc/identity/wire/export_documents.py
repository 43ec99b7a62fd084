"""An export as documents: JSON for programs, and one page to read, print and keep, without scripts or anything from elsewhere."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, Final

import orjson

from xacthuc.identity.domain.export import MOST_ROWS
from xacthuc.identity.wire.export_words import COLUMNS, PAGE, VALUES
from xacthuc.policy.dates import VIETNAM_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.identity.domain.export import Export, Filled, Kept

_STYLE: Final = """
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:#1c2733;margin:0 auto;max-width:60rem;padding:2rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.en{color:#667485;font-weight:normal;font-size:.85em}
dl{display:grid;grid-template-columns:minmax(11rem,16rem) 1fr;gap:.3rem 1rem;margin:0}dt{color:#445}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #dde3ea;overflow-wrap:break-word}
th{color:#445;font-weight:600}p.none,p.more{color:#667485;margin:0}
@media print{body{padding:0;font-size:11px;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


LARGEST_BYTES: Final = 7 * 512 * 1024
"""Of both documents together: clients take messages of 4 MiB."""


def documents(export: Export, largest_bytes: int = LARGEST_BYTES) -> tuple[str, str]:
    """Returns the export as JSON and as a page, of as many rows of each section as fit in one answer, the newest."""
    most = MOST_ROWS
    while True:
        made = as_json(export), as_page(export)
        if most == 1 or sum(len(each.encode()) for each in made) <= largest_bytes:
            return made
        most //= 2
        export = export.newest(most)


def as_json(export: Export) -> str:
    """Returns the export as JSON; times as RFC 3339 spells them, in UTC."""
    document = {
        "platform": export.platform,
        "account": export.account_id,
        "make_time": export.make_time,
        "policy_version": export.policy_version,
        "sections": {section.name: {"total": section.total, "rows": list(section.rows)} for section in export.sections},
        "kept": [
            {
                "data": each.rule.data.value,
                "starts": each.rule.starts,
                "kept": str(each.rule.term),
                "legal_basis": each.legal_basis,
                "until": each.until,
            }
            for each in export.kept
        ],
        "left_out": dict(export.left_out),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()


def as_page(export: Export) -> str:
    """Returns the export as one page, Vietnamese with English beside it; times are those of Vietnam."""
    head = _pairs({"platform": export.platform, "account": export.account_id, "make_time": export.make_time})
    empty = [section for section in export.sections if not section.rows]
    return "".join(
        (
            '<!doctype html><html lang="vi"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">",
            f"<title>{PAGE['title'].vi}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{PAGE['title'].vi}</h1><p class=en>{PAGE['title'].en}</p>",
            head,
            *(_section(section) for section in export.sections if section.rows),
            _title(PAGE["empty"].vi, PAGE["empty"].en),
            f"<p>{', '.join(f'{section.title_vi} {_english(section.title_en)}' for section in empty) or '—'}</p>",
            _title(PAGE["kept"].vi, PAGE["kept"].en),
            _table(["data", "kept", "legal_basis", "until"], [_kept_row(each) for each in export.kept]),
            _title(PAGE["left_out"].vi, PAGE["left_out"].en),
            _table(["table", "reason"], [{"table": name, "reason": why} for name, why in export.left_out.items()]),
            "</body></html>",
        )
    )


def _section(section: Filled) -> str:
    more = section.total - len(section.rows)
    body = _pairs(section.rows[0]) if len(section.rows) == 1 else _table(list(section.rows[0]), section.rows)
    left = f"<p class=more>{PAGE['more'].vi.format(more)} {_english(PAGE['more'].en.format(more))}</p>" if more else ""
    return _title(section.title_vi, section.title_en) + body + left


def _kept_row(each: Kept) -> dict[str, Any]:
    return {
        "data": each.rule.data.value,
        "kept": str(each.rule.term),
        "legal_basis": each.legal_basis,
        "until": each.until,
    }


def _title(vi: str, en: str) -> str:
    return f"<h2>{escape(vi)} {_english(en)}</h2>"


def _english(text: str) -> str:
    return f'<span class=en lang="en">{escape(text)}</span>'


def _pairs(row: Mapping[str, Any]) -> str:
    told = ((name, value) for name, value in row.items() if value not in (None, ""))
    return f"<dl>{''.join(f'<dt>{_label(name)}</dt><dd>{_shown(value)}</dd>' for name, value in told)}</dl>"


def _table(names: list[str], rows: Any) -> str:
    used = [name for name in names if any(row[name] not in (None, "") for row in rows)]
    head = "".join(f"<th>{_label(name)}</th>" for name in used)
    body = "".join(f"<tr>{''.join(f'<td>{_shown(row[name])}</td>' for name in used)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _label(name: str) -> str:
    text = COLUMNS[name]
    return f"{escape(text.vi)} {_english(text.en)}"


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
    return escape(str(value)) if words is None else f"{escape(words.vi)} {_english(words.en)}"
