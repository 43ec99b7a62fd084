"""What an operator's answer means: each detail for itself, and only in the definition's own words."""

from __future__ import annotations

from typing import Any

import pytest

from xacthuc.identity.adapters.kyc.answers import Findings, judge
from xacthuc.identity.adapters.kyc.kyc_file import Detail
from xacthuc.identity.adapters.remote.exchange import Reply
from xacthuc.identity.domain.reconciliation import Match

ALL = tuple(Detail)
MATCH, MISMATCH, UNKNOWN = Match.MATCH, Match.MISMATCH, Match.UNKNOWN


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"nameMatch": "true", "birthdateMatch": "false", "idDocumentMatch": "not_available"},
            Findings(MATCH, MISMATCH, UNKNOWN, 100),
        ),
        (
            {"nameMatch": "false", "nameMatchScore": 87, "birthdateMatch": "true", "idDocumentMatch": "true"},
            Findings(MISMATCH, MATCH, MATCH, 87),
        ),
        ({"nameMatch": "false"}, Findings(MISMATCH, UNKNOWN, UNKNOWN, None)),
        ({"nameMatch": "not_available", "nameMatchScore": 87}, Findings()),
        ({}, Findings()),
    ],
)
def test_each_detail_stands_for_itself(document: dict[str, Any], expected: Findings) -> None:
    assert judge(Reply(200, document), ALL).findings == expected


def test_what_was_not_asked_is_not_believed() -> None:
    found = judge(Reply(200, {"nameMatch": "true", "birthdateMatch": "true"}), [Detail.BIRTH_DATE]).findings
    assert found == Findings(birth_date=MATCH)


@pytest.mark.parametrize("word", [True, False, None, "TRUE", "yes", "", 1, [], {}])
def test_a_word_that_the_definition_does_not_know_says_nothing_at_all(word: Any) -> None:
    judged = judge(Reply(200, {"nameMatch": word, "birthdateMatch": "true"}), ALL)
    assert (judged.findings, judged.said) == (None, "unclear")


@pytest.mark.parametrize("score", [-1, 100, 1000, 87.5, "87", True, None, []])
def test_a_score_that_is_none_is_left_out(score: Any) -> None:
    found = judge(Reply(200, {"nameMatch": "false", "nameMatchScore": score}), ALL).findings
    assert found == Findings(full_name=MISMATCH)


@pytest.mark.parametrize(
    ("status", "code", "findings", "said", "sound"),
    [
        (400, "INVALID_ARGUMENT", None, "refused", True),
        (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION", None, "refused", True),
        (401, "UNAUTHENTICATED", None, "token_refused", False),
        (403, "PERMISSION_DENIED", None, "not_permitted", False),
        (403, "INVALID_TOKEN_CONTEXT", None, "not_permitted", False),
        (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED", None, "personal_id_required", True),
        (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH", Findings(personal_id=MISMATCH), "compared", True),
        (404, "NOT_FOUND", None, "wrong_address", False),
        (404, "IDENTIFIER_NOT_FOUND", Findings(), "no_subscriber", True),
        (422, "SERVICE_NOT_APPLICABLE", Findings(), "no_subscriber", True),
        (422, "MISSING_IDENTIFIER", None, "refused", True),
        (429, "TOO_MANY_REQUESTS", None, "throttled", True),
        (429, "QUOTA_EXCEEDED", None, "throttled", True),
        (500, "INTERNAL", None, "unclear", False),
        (503, "UNAVAILABLE", None, "unavailable", False),
        (302, "IDENTIFIER_NOT_FOUND", None, "unclear", False),
    ],
)
def test_every_refusal_means_what_the_definition_says(
    status: int, code: str, findings: Findings | None, said: str, sound: bool
) -> None:
    judged = judge(Reply(status, {"status": status, "code": code, "message": "words"}), ALL)
    assert (judged.findings, judged.said, judged.sound) == (findings, said, sound)


@pytest.mark.parametrize("document", [None, [], "true", {"code": ["IDENTIFIER_NOT_FOUND"]}])
def test_a_refusal_that_is_not_of_the_definition_says_nothing_of_the_subscriber(document: Any) -> None:
    assert judge(Reply(404, document), ALL).findings is None
