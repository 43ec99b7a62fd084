"""One document of everything that is held on one account, made of what each service answered.

What is missing is said first and in both documents: whoever reads half an answer must not take it for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from xacthuc.shares import page
from xacthuc.shares.passing import PASSING
from xacthuc.shares.share import heading
from xacthuc.shares.words import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST: Final = "identity"
"""The service that knows who an account is. Its page is the one that the others' parts are added to."""
OTHERS: Final = ("guardian", "livestream", "backfill")
"""The other services that keep anything of an account in tables."""
_OTP: Final = "otp"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one service answered: its share as JSON, and as a page or a part of one."""

    json: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Whole:
    """The answers of all services that were asked, identity's among them, and the names of those that were not."""

    answers: Mapping[str, Answer]
    missing: Sequence[str]

    def as_json(self) -> bytes:
        """Returns everything as JSON."""
        read: dict[str, dict[str, Any]] = {name: orjson.loads(each.json) for name, each in self.answers.items()}
        of = ("platform", "account", "make_time")
        head = {name: read[FIRST].pop(name) for name in of}
        made = {"make_time": head["make_time"]}
        shares = {FIRST: {**made, **read[FIRST]}} | {name: read[name] for name in OTHERS if name in read}
        document = {
            **head,
            "complete": not self.missing,
            "missing": list(self.missing),
            "services": {**shares, _OTP: {"sections": {}, "left_out": dict(PASSING)}},
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    def as_page(self) -> bytes:
        """Returns everything as one page; ValueError when identity's answer is no page."""
        parts = [self.answers[name].html for name in OTHERS if name in self.answers]
        # What passes by there has no section: only why it is not here.
        parts.append(heading(_OTP) + page.left_out(PASSING))
        return page.joined(self.answers[FIRST].html, self._said_first(), "".join(parts)).encode()

    def _said_first(self) -> str:
        words = PAGE["missing" if self.missing else "whole"]
        names = ", ".join(self.missing or (*self.answers, _OTP))
        css = "missing" if self.missing else "more"
        return f"<p class={css}>{words.vi.format(names)} {page.english(words.en.format(names))}</p>"
