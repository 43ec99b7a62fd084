"""An export as documents: JSON for programs, and one page to read, print and keep, without scripts or anything from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from xacthuc.shares import page
from xacthuc.shares.fitting import LARGEST_BYTES, fitting
from xacthuc.shares.words import PAGE

if TYPE_CHECKING:
    from xacthuc.identity.domain.export import Export, Kept


def documents(export: Export, largest_bytes: int = LARGEST_BYTES) -> tuple[str, str]:
    """Returns the export as JSON and as a page, of as many rows of each section as fit in one answer, the newest."""
    return fitting(export, as_json, as_page, largest_bytes)


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
    """Returns the export as one page."""
    head = {"platform": export.platform, "account": export.account_id, "make_time": export.make_time}
    return page.page(
        f"<h1>{PAGE['title'].vi}</h1><p class=en>{PAGE['title'].en}</p>",
        page.pairs(head),
        page.sections(export.sections),
        page.title(PAGE["kept"].vi, PAGE["kept"].en),
        page.table(["data", "kept", "legal_basis", "until"], [_kept_row(each) for each in export.kept]),
        page.left_out(export.left_out),
    )


def _kept_row(each: Kept) -> dict[str, Any]:
    return {
        "data": each.rule.data.value,
        "kept": str(each.rule.term),
        "legal_basis": each.legal_basis,
        "until": each.until,
    }
