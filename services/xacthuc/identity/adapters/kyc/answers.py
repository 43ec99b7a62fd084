"""What an operator's answer means: CAMARA KYC Match 0.4.0, and the Commonalities 0.6 that all its APIs stand on.

Only the definition's own words are believed, each for one detail. A number or person that the operator does not know is
an answer; a refusal of us, of the token or of the request is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from xacthuc.identity.adapters.kyc.kyc_file import Detail
from xacthuc.identity.domain.reconciliation import Match

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.identity.adapters.remote.exchange import Reply


T = TypeVar("T")


class Findings(NamedTuple):
    """What the operator's record says, detail by detail."""

    full_name: Match = Match.UNKNOWN
    birth_date: Match = Match.UNKNOWN
    personal_id: Match = Match.UNKNOWN
    full_name_score: int | None = None


class Judged(NamedTuple, Generic[T]):
    """An answer, and what it says of the operator."""

    findings: T | None
    """None: nothing was learned."""
    said: str
    """One word for metrics and logs, from a closed set."""
    sound: bool = True
    """Whether an operator that works may answer so."""
    lasting: bool = False
    """Whether only somebody at the settings or at the operator can mend it."""


THROTTLED: Final[Judged[Any]] = Judged(None, "throttled")
UNAVAILABLE: Final[Judged[Any]] = Judged(None, "unavailable", sound=False)
UNCLEAR: Final[Judged[Any]] = Judged(None, "unclear", sound=False)
_UNAUTHENTICATED: Final[Judged[Any]] = Judged(None, "token_refused", sound=False, lasting=True)
_NOT_PERMITTED: Final[Judged[Any]] = Judged(None, "not_permitted", sound=False, lasting=True)
_REFUSED: Final[Judged[Any]] = Judged(None, "refused", lasting=True)
_NOT_THERE: Final[Judged[Any]] = Judged(None, "wrong_address", sound=False, lasting=True)
_NO_SUBSCRIBER: Final = "no_subscriber"

OK, UNAUTHENTICATED = 200, 401
_STATUSES: Final = {
    UNAUTHENTICATED: _UNAUTHENTICATED,
    403: _NOT_PERMITTED,
    404: _NOT_THERE,
    429: THROTTLED,
    503: UNAVAILABLE,
}
_WANTS_PERSONAL_ID: Final = (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED")
"""It wants `personal_id` among the details of the settings, or to compare nobody without one."""

_CODES: Final[dict[tuple[int, str], Judged[Any]]] = {
    # The operator compares the personal ID first and nothing after it, so the rest stays unknown.
    (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"): Judged(Findings(personal_id=Match.MISMATCH), "compared"),
    _WANTS_PERSONAL_ID: Judged(None, "personal_id_required", lasting=True),
    # A token of the client alone has no other number in it: the token is of another kind than was agreed on.
    (403, "INVALID_TOKEN_CONTEXT"): _NOT_PERMITTED,
}
_NOT_THEIRS: Final = frozenset({(404, "IDENTIFIER_NOT_FOUND"), (422, "SERVICE_NOT_APPLICABLE")})
"""A number that the operator knows nothing of."""
_CLIENT_ERRORS: Final = range(400, 500)

_WORDS: Final = {"true": Match.MATCH, "false": Match.MISMATCH, "not_available": Match.UNKNOWN}
_MEMBERS: Final = {
    Detail.FULL_NAME: "nameMatch",
    Detail.BIRTH_DATE: "birthdateMatch",
    Detail.PERSONAL_ID: "idDocumentMatch",
}
_FULL_SCORE: Final = 100
"""What `true` stands for, without being told (`MatchScoreResult` of the definition)."""


def judge(reply: Reply, details: Collection[Detail], *, without_personal_id: bool = False) -> Judged[Findings]:
    """Reads a reply to a question about `details`, which may be about somebody of whom no personal ID is known."""
    if reply.status == OK:
        return _compared(reply.document, details) if isinstance(reply.document, dict) else UNCLEAR
    if without_personal_id and _code(reply) == _WANTS_PERSONAL_ID:
        return Judged(Findings(), "personal_id_required")
    return refused(reply, Findings())


def refused(reply: Reply, nobody: T) -> Judged[T]:
    """Reads a reply that is no answer, unless it says that the number is none of the operator's: then it is `nobody`."""
    code = _code(reply)
    if code in _NOT_THEIRS:
        return Judged(nobody, _NO_SUBSCRIBER)
    if known := _CODES.get(code):
        return known
    # A request is refused for what is in it, which one person decides: nobody else should go without.
    judged: Judged[Any] = _STATUSES.get(reply.status, _REFUSED if reply.status in _CLIENT_ERRORS else UNCLEAR)
    return judged


def _code(reply: Reply) -> tuple[int, str]:
    code = reply.document.get("code") if isinstance(reply.document, dict) else None
    return reply.status, code if isinstance(code, str) else ""


def _compared(document: dict[str, object], details: Collection[Detail]) -> Judged[Findings]:
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
