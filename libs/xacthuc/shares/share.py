"""What one service other than identity holds on one account, and the same as JSON and as a part of the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import orjson

from xacthuc.shares import page
from xacthuc.shares.fitting import LARGEST_BYTES, fitting
from xacthuc.shares.words import COLUMNS, PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.policy import Policy
    from xacthuc.shares.filled import Filled


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept, and why."""

    data: str
    kept: str
    """Such as `24 months`."""
    legal_basis: str

    @classmethod
    def by(cls, policy: Policy, data: str, figure: str) -> Kept:
        """Reads a figure of the policy by its dotted key, whose last word is the unit."""
        section, _, name = figure.partition(".")
        number = getattr(getattr(policy, section), name)
        return cls(data, f"{number} {name.rpartition('_')[2]}", policy.sources[figure].citation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The whole of it."""

    service: str
    account_id: str = field(repr=False)
    make_time: datetime
    policy_version: str
    sections: Sequence[Filled]
    kept: Sequence[Kept]
    left_out: Mapping[str, str]
    """What is not in it, and why."""

    def newest(self, most: int) -> Share:
        """Returns it with fewer rows of each section; their totals stay."""
        return replace(self, sections=tuple(section.newest(most) for section in self.sections))


def documents(share: Share, largest_bytes: int = LARGEST_BYTES) -> tuple[str, str]:
    """Returns it as JSON and as a part of the page, of as many rows of each section as fit, the newest."""
    return fitting(share, as_json, as_part, largest_bytes)


def as_json(share: Share) -> str:
    """Returns it as JSON; times as RFC 3339 spells them, in UTC."""
    document = {
        "make_time": share.make_time,
        "policy_version": share.policy_version,
        "sections": {each.name: {"total": each.total, "rows": list(each.rows)} for each in share.sections},
        "kept": [_kept_row(each) for each in share.kept],
        "left_out": dict(share.left_out),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()


def as_part(share: Share) -> str:
    """Returns it as what stands below a heading of its own on the page."""
    return "".join(
        (
            heading(share.service),
            page.pairs({"make_time": share.make_time}),
            page.sections(share.sections),
            page.title(PAGE["kept"].vi, PAGE["kept"].en),
            page.table(["data", "kept", "legal_basis"], [_kept_row(each) for each in share.kept]),
            page.left_out(share.left_out),
        )
    )


def heading(service: str) -> str:
    """Renders where what follows is held."""
    return f"<h1 class=of>{COLUMNS['service'].vi} {escape(service)} {page.english('the service ' + service)}</h1>"


def _kept_row(each: Kept) -> dict[str, Any]:
    return {"data": each.data, "kept": each.kept, "legal_basis": each.legal_basis}
