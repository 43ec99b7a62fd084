"""The pages hang together: links lead somewhere, and every decision is in the list."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "libs").rglob("README.md"),
    *(ROOT / "examples").glob("*/README.md"),
]
LINK = re.compile(r"\]\((?!\w+:)([^)#]*)(?:#([^)]+))?\)")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
MOST_LINES = 60
"""A page, printed."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    broken = []
    for target, fragment in LINK.findall(page.read_text("utf-8")):
        place = page if not target else (page.parent / target).resolve()
        if not place.exists() or (fragment and fragment not in anchors(place)):
            broken.append(f"{target}#{fragment}" if fragment else target)

    assert broken == []


def test_decisions_are_numbered_without_gaps():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_decision_is_listed_under_its_own_title():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\(decisions/(.+)\) \|$", index, re.MULTILINE)
    written = [(str(int(page.name[:4])), *_title(page), page.name) for page in DECISIONS]

    assert listed == written


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_fits_a_page_and_says_why_what_and_what_then(page):
    text = page.read_text("utf-8")

    assert text.count("\n") <= MOST_LINES
    assert re.search(r"^(Accepted|Superseded by .+), \w+ 20\d\d\.$", text, re.MULTILINE)
    assert [part for part in ("**Context.**", "**Decision.**", "**Consequences.**") if part not in text] == []


def _title(page: Path) -> tuple[str, ...]:
    return tuple(re.findall(r"^# \d+\. (.+)$", page.read_text("utf-8"), re.MULTILINE))
