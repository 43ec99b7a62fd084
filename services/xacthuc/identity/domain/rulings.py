"""What an answer about a personal ID comes to. Nothing here asks anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from xacthuc.identity.domain.personal_ids import Outcome, Proven, Waits, agree, tells_all
from xacthuc.names import NameMatch

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.personal_ids import Details
    from xacthuc.policy.sections import PersonalIdRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody's word on who a person is."""

    details: Details
    source: str
    level: str
    transaction_id: str
    time: datetime
    signed_in: bool
    """Whether the person was identified, rather than compared with what we know: then nothing may be left untold."""


Answer: TypeAlias = Told | Waits | Outcome
"""What somebody answered. An outcome is a no, or DECLARED where nobody was there to ask."""
Ruling: TypeAlias = Proven | Waits | Outcome
"""What it comes to."""


def rule(ours: Details, answers: tuple[Answer, ...], rules: PersonalIdRules) -> Ruling:
    """Returns what the answers about the holder of an account come to, `ours` being what we know of them.

    One word that agrees proves. While somebody has not answered yet, a no of another is not the last word.
    """
    judged = [_judged(ours, answer, rules) for answer in answers]
    for kind in (Proven, Waits):
        for ruling in judged:
            if isinstance(ruling, kind):
                return ruling
    refusals = [ruling for ruling in judged if isinstance(ruling, Outcome) and ruling is not Outcome.DECLARED]
    return refusals[0] if refusals else Outcome.DECLARED


def _judged(ours: Details, answer: Answer, rules: PersonalIdRules) -> Ruling:
    if not isinstance(answer, Told):
        return answer
    if answer.signed_in and not tells_all(answer.details):
        return Outcome.NOT_CONFIRMED
    if not agree(ours, answer.details, NameMatch(rules.name_match)):
        return Outcome.DETAILS_DIFFER
    return Proven(
        personal_id=answer.details.personal_id or ours.personal_id or "",
        source=answer.source,
        level=answer.level,
        transaction_id=answer.transaction_id,
        verify_time=answer.time,
    )
