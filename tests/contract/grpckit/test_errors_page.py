"""docs/errors.md is the contract of errors: it lists every reason with the status it is sent with."""

import re
from pathlib import Path

from xacthuc.grpckit.reasons import STATUS_OF

PAGE = Path(__file__).resolve().parents[3] / "docs" / "errors.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| `([A-Z_]+)` \| (\S.*) \| (\S.*) \|$", re.MULTILINE)


def test_the_page_lists_every_reason_once_with_its_status_its_cause_and_its_remedy():
    rows = ROW.findall(PAGE.read_text("utf-8"))

    assert sorted((reason, status) for reason, status, _, _ in rows) == sorted(
        (reason.value, status.name) for reason, status in STATUS_OF.items()
    )
