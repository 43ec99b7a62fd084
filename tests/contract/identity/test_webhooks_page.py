"""docs/webhooks.md says when each kind of event is told, and what to do about each outcome of a delivery."""

from __future__ import annotations

import re
from pathlib import Path

from xacthuc.api.identity.v1 import events_pb2
from xacthuc.identity.domain.events import DETAILS
from xacthuc.identity.domain.webhooks import Outcome

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text("utf-8")
ROW = re.compile(r"^\| `([A-Z_]+)`([^|]*)\| (\S[^|]*) \|$", re.MULTILINE)


def told():
    return [(re.findall(r"`([A-Z_]+)`", f"`{first}`{more}"), text) for first, more, text in ROW.findall(PAGE)]


def test_every_kind_of_the_contract_is_told_once_and_no_other():
    words = [word for row, _ in told() for word in row if word not in Outcome.__members__]

    assert sorted(words) == sorted(set(events_pb2.AccountEvent.Kind.keys()) - {"KIND_UNSPECIFIED"})


def test_every_particular_is_named():
    assert [name for name in DETAILS if f"`{name}`" not in PAGE] == []


def test_every_outcome_but_success_comes_with_advice():
    words = [word for row, _ in told() for word in row if word in Outcome.__members__]

    assert sorted(words) == sorted(set(Outcome) - {Outcome.ACCEPTED})
