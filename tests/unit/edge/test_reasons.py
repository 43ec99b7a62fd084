"""The page tells every reason of which the edge itself refuses, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EDGE = ROOT / "services" / "xacthuc" / "edge"


def test_the_page_lists_the_reasons_of_the_edge():
    made = set(re.findall(r"ErrorInfo, reason: (\w+)", (EDGE / "edge.yaml").read_text()))
    made |= set(re.findall(r':format\(.*?"([A-Z]+_[A-Z]+)"', (EDGE / "strict.lua").read_text()))
    page = (ROOT / "docs" / "json-edge.md").read_text("utf-8").partition("| HTTP | Reason |")[2]
    told = set(re.findall(r"^\| \d{3} \| `([A-Z_]+)` \|", page, re.MULTILINE))

    assert made == told
    assert {"PATH_UNKNOWN", "FIELDS_REFUSED", "EDGE_LIMIT"} <= made
