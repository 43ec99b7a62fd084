"""Giving a personal ID: declared first, then confirmed by whoever is asked (R2, R39 to R42)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import personal_ids
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.personal_ids import Bar
from xacthuc.identity.domain.registration import CLOCK_TOLERANCE
from xacthuc.identity.ports.personal_ids import Declaration
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.identity.usecases.questions import ask
from xacthuc.personal_id import Refusal
from xacthuc.policy import NextStep, local_date

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Given, VerifyPersonalId
    from xacthuc.identity.domain.personal_ids import Ground, Verification
    from xacthuc.identity.ports.personal_ids import Candidate, Declared
    from xacthuc.identity.usecases.identity import Identity

_CALL_SECONDS: Final = 4.0
"""How long a caller waits for whoever is asked: what a call may take, less the time to write down what came of it."""

_JOB_AFTER: Final = timedelta(seconds=15)
"""When a job asks in place of a call that wrote nothing down: no call lives so long."""


async def verify_personal_id(identity: Identity, command: VerifyPersonalId) -> Verification:
    """Declares a personal ID and asks whoever is configured. What is interrupted is taken up by the same id, or a job."""
    check_confirmation(command.given, identity.clock.now())
    declared = await identity.shield.finish(_declare(identity, command))
    if declared.answer is not None:
        return declared.answer
    if declared.check is None:
        raise not_found()
    return await ask(identity, declared.check, command.order, _CALL_SECONDS)


def admit(candidate: Candidate, ground: Ground, now: datetime) -> None:
    """Raises FailedPrecondition when the account may give no personal ID on this ground."""
    found = personal_ids.bar(candidate.account.facts, ground, int(now.timestamp() * 1000))
    if found is not None:
        message, step = _BARS[found]
        state = view(candidate.account, now).state.value
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE, message, metadata={"state": state, "next_step": step.value, "cause": found.value}
        )


def check_confirmation(given: Given, now: datetime) -> None:
    """Raises InvalidRequest for a confirmation that was given in the future."""
    if given.confirmation is not None and given.confirmation.accept_time > now + CLOCK_TOLERANCE:
        raise InvalidRequest(
            FieldFault("no_mobile.confirm_time", "must not be in the future; check the platform's clock", "IN_FUTURE")
        )


async def _declare(identity: Identity, command: VerifyPersonalId) -> Declared:
    declared = await identity.personal_ids.declare(
        command.order, command.account_id, partial(_declaration, identity, command), identity.clock.now()
    )
    await identity.follow(command.order.platform, (command.account_id,))
    return declared


def _declaration(identity: Identity, command: VerifyPersonalId, candidate: Candidate) -> Declaration:
    now = identity.clock.now()
    admit(candidate, command.given.ground, now)
    number = identity.personal_id_scheme.parse(command.personal_id, candidate.birth_date, local_date(now))
    if isinstance(number, Refusal):
        raise InvalidRequest(
            FieldFault("personal_id", number.en, number.reason.value, "vi-VN", number.vi, english=number.en)
        )
    has_number = bool(candidate.account.masked_number)
    return Declaration(
        ground=command.given.ground,
        confirmation=command.given.confirmation,
        personal_id=number.number,
        doubts=tuple(doubt.value for doubt in number.warnings),
        asked=bool(identity.providers.asked_about(number.number) or (identity.providers.subscribers and has_number)),
        next_time=now + _JOB_AFTER,
    )


_BARS: Final = {
    Bar.CLOSED: ("the account is closed", NextStep.CONTACT_PLATFORM),
    Bar.GUARDIAN_REQUIRED: (
        "the holder is under 16: a parent or guardian has to register the account",
        NextStep.LINK_GUARDIAN,
    ),
    Bar.DETAILS_REQUIRED: (
        "the account lacks its holder's name or birth date; give them with CorrectAccount",
        NextStep.COMPLETE_DETAILS,
    ),
    Bar.PHONE_FIRST: (
        "a Vietnamese mobile number is verified for the account, so its holder has one; COMMERCE is for sellers",
        NextStep.NONE,
    ),
}
