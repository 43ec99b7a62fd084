"""What an operator's answer about the past of a number means: only in the definitions' own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from xacthuc.identity.adapters.kyc.number_history import Told, judge_recycling, judge_sim_swap
from xacthuc.identity.adapters.remote.exchange import Reply

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SINCE = datetime(2026, 8, 1, 3, 0, tzinfo=UTC)
"""114 days before."""


@pytest.mark.parametrize("recycled", [True, False])
def test_another_subscriber_is_told_by_one_word(recycled: bool) -> None:
    assert judge_recycling(Reply(200, {"phoneNumberRecycled": recycled})).findings == Told(recycled)


@pytest.mark.parametrize("document", [None, [], {}, *({"phoneNumberRecycled": word} for word in ("true", 1, None, []))])
def test_any_other_word_about_subscribers_says_nothing(document: Any) -> None:
    judged = judge_recycling(Reply(200, document))
    assert (judged.findings, judged.said, judged.sound) == (None, "unclear", False)


@pytest.mark.parametrize(
    ("document", "changed"),
    [
        ({"latestSimChange": "2026-08-01T10:00:00.001+07:00"}, True),
        ({"latestSimChange": "2026-08-01T10:00:00+07:00"}, False),
        ({"latestSimChange": "2023-07-03T14:27:08.312+02:00", "monitoredPeriod": 1}, False),
        ({"latestSimChange": None, "monitoredPeriod": 114}, False),
        ({"latestSimChange": None, "monitoredPeriod": 113}, None),
        ({"latestSimChange": None}, None),
        ({"latestSimChange": None, "monitoredPeriod": True}, None),
        ({"latestSimChange": None, "monitoredPeriod": 10**30}, None),
        ({"latestSimChange": None, "monitoredPeriod": "120"}, None),
    ],
)
def test_a_change_counts_after_the_proof_and_silence_is_no_denial(
    document: dict[str, Any], changed: bool | None
) -> None:
    assert judge_sim_swap(Reply(200, document), SINCE, NOW).findings == Told(changed)


@pytest.mark.parametrize(
    "document",
    [None, [], {}, *({"latestSimChange": word} for word in ("2026-08-02T10:00:00", "yesterday", 1, True, []))],
)
def test_a_time_that_is_none_says_nothing(document: Any) -> None:
    assert judge_sim_swap(Reply(200, document), SINCE, NOW).findings is None


@pytest.mark.parametrize(
    ("status", "code", "findings", "said"),
    [
        (404, "IDENTIFIER_NOT_FOUND", Told(None), "no_subscriber"),
        (422, "SERVICE_NOT_APPLICABLE", Told(None), "no_subscriber"),
        (400, "OUT_OF_RANGE", None, "refused"),
        (403, "PERMISSION_DENIED", None, "not_permitted"),
        (404, "NOT_FOUND", None, "wrong_address"),
        (429, "QUOTA_EXCEEDED", None, "throttled"),
        (500, "INTERNAL", None, "unclear"),
    ],
)
def test_a_refusal_is_an_answer_only_where_the_number_is_not_theirs(
    status: int, code: str, findings: Told | None, said: str
) -> None:
    reply = Reply(status, {"status": status, "code": code, "message": "words"})
    for judged in (judge_recycling(reply), judge_sim_swap(reply, SINCE, NOW)):
        assert (judged.findings, judged.said) == (findings, said)
