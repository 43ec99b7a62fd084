"""docs/record.md tells what every tag of the trail means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xacthuc.audit.tags import Tag

PAGE = Path(__file__).resolve().parents[3] / "docs" / "record.md"
ROW = re.compile(r"^\| `(\w+:\w+:\w+)` \| (\S[^|]*\.) \|$", re.MULTILINE)


@pytest.mark.rule("R50")
def test_the_page_names_every_tag_once_and_says_what_it_means():
    told = [tag for tag, _ in ROW.findall(PAGE.read_text("utf-8"))]

    assert sorted(told) == sorted(Tag)
