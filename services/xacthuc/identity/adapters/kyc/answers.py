"""What an operator's answer means: CAMARA KYC Match 0.4.0, and the Commonalities 0.6 it stands on.

Only the definition's own words are believed, each for one detail. A number or person that the operator does not know is
an answer; a refusal of us, of the token or of the request is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.adapters.kyc.kyc_file import Detail
from xacthuc.identity.domain.reconciliation import Match

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.identity.adapters.remote.exchange import Reply


class Findings(NamedTuple):
    """What the operator's record says, detail by detail."""

    full_name: Match = Match.UNKNOWN
    birth_date: Match = Match.UNKNOWN
    personal_id: Match = Match.UNKNOWN
    full_name_score: int | None = None


class Judged(NamedTuple):
    """An answer, and what it says of the operator."""

    findings: Findings | None
    """None: nothing was learned."""
    said: str
    """One word for metrics and logs, from a closed set."""
    sound: bool = True
    """Whether an operator that works may answer so."""
    lasting: bool = False
    """Whether only somebody at the settings or at the operator can mend it."""


THROTTLED: Final = Judged(None, "throttled")
UNAVAILABLE: Final = Judged(None, "unavailable", sound=False)
UNCLEAR: Final = Judged(None, "unclear", sound=False)
_UNAUTHENTICATED: Final = Judged(None, "token_refused", sound=False, lasting=True)
_NOT_PERMITTED: Final = Judged(None, "not_permitted", sound=False, lasting=True)
_REFUSED: Final = Judged(None, "refused", lasting=True)
_NOT_THERE: Final = Judged(None, "wrong_address", sound=False, lasting=True)
_NO_SUBSCRIBER: Final = Judged(Findings(), "no_subscriber")

OK, UNAUTHENTICATED = 200, 401
_STATUSES: Final = {
    UNAUTHENTICATED: _UNAUTHENTICATED,
    403: _NOT_PERMITTED,
    404: _NOT_THERE,
    429: THROTTLED,
    503: UNAVAILABLE,
}
_CODES: Final = {
    # The operator compares the personal ID first and nothing after it, so the rest stays unknown.
    (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"): Judged(Findings(personal_id=Match.MISMATCH), "compared"),
    # It wants `personal_id` among the details of the settings.
    (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED"): Judged(None, "personal_id_required", lasting=True),
    # A token of the client alone has no other number in it: the token is of another kind than was agreed on.
    (403, "INVALID_TOKEN_CONTEXT"): _NOT_PERMITTED,
    (404, "IDENTIFIER_NOT_FOUND"): _NO_SUBSCRIBER,
    (422, "SERVICE_NOT_APPLICABLE"): _NO_SUBSCRIBER,
}
_CLIENT_ERRORS: Final = range(400, 500)

_WORDS: Final = {"true": Match.MATCH, "false": Match.MISMATCH, "not_available": Match.UNKNOWN}
_MEMBERS: Final = {
    Detail.FULL_NAME: "nameMatch",
    Detail.BIRTH_DATE: "birthdateMatch",
    Detail.PERSONAL_ID: "idDocumentMatch",
}
_FULL_SCORE: Final = 100
"""What `true` stands for, without being told (`MatchScoreResult` of the definition)."""


def judge(reply: Reply, details: Collection[Detail]) -> Judged:
    """Reads a reply to a question about `details`."""
    document = reply.document if isinstance(reply.document, dict) else {}
    if reply.status == OK:
        return _compared(document, details) if isinstance(reply.document, dict) else UNCLEAR
    code = document.get("code")
    if isinstance(code, str) and (known := _CODES.get((reply.status, code))):
        return known
    # A request is refused for what is in it, which one person decides: nobody else should go without.
    return _STATUSES.get(reply.status, _REFUSED if reply.status in _CLIENT_ERRORS else UNCLEAR)


def _compared(document: dict[str, object], details: Collection[Detail]) -> Judged:
    words = {detail: document.get(_MEMBERS[detail], "not_available") for detail in details}
    found = {detail: _WORDS[word] for detail, word in words.items() if isinstance(word, str) and word in _WORDS}
    if len(found) != len(words):
        return UNCLEAR
    name = found.get(Detail.FULL_NAME, Match.UNKNOWN)
    return Judged(
        Findings(
            full_name=name,
            birth_date=found.get(Detail.BIRTH_DATE, Match.UNKNOWN),
            personal_id=found.get(Detail.PERSONAL_ID, Match.UNKNOWN),
            full_name_score=_score(name, document.get("nameMatchScore")),
        ),
        "compared",
    )


def _score(name: Match, told: object) -> int | None:
    if name is Match.MATCH:
        return _FULL_SCORE
    if name is not Match.MISMATCH or not isinstance(told, int) or isinstance(told, bool):
        return None
    return told if 0 <= told < _FULL_SCORE else None
