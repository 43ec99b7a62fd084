"""The verb that has the phone's own operator confirm its number, in place of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, LimitExceeded, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.domain.challenge import Question, Verdict
from xacthuc.otp.domain.code import UnknownKeyVersion
from xacthuc.otp.domain.network import NetworkAnswer, is_bearer_token
from xacthuc.otp.usecases.checking import Checked
from xacthuc.otp.usecases.otp import identity_of, not_found

if TYPE_CHECKING:
    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.otp.commands import CheckNetwork
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports.network import Operator
    from xacthuc.otp.usecases.otp import Otp


async def check_network(otp: Otp, command: CheckNetwork) -> Checked:
    """Checks a number by its operator's word. The operator is asked between two trips, while nothing is held.

    A seen request gets its verdict without the operator, and so does a challenge that has ended. What the operator says
    is worth nothing until the store has spent the attempt; what it could not say spends none.
    """
    operator = _operator(otp, command)
    identity, platform = identity_of(command.name), command.platform
    try:
        proof_token = otp.deriver.proof_token(identity, platform)
    except UnknownKeyVersion:
        raise not_found() from None
    asked = await otp.challenges.ask(identity, platform, request_id=command.request_id, now_ms=otp.clock.now_ms())
    if asked is None:
        raise not_found()
    if isinstance(asked.outcome, Verdict):
        return _checked(asked.outcome, asked.view, proof_token)
    if asked.outcome is not Question.ASK:
        raise _not_asked(asked.outcome)
    answer = await operator.confirm(
        asked.number,
        command.network_token,
        correlator=command.correlator,
        budget_seconds=command.budget_seconds,
    )
    if answer not in _WORD:
        raise _unanswered(answer)
    answered = await otp.challenges.check(
        identity,
        platform,
        request_id=command.request_id,
        matches=_WORD[answer],
        now_ms=otp.clock.now_ms(),
        operator=operator.name,
    )
    if answered is None:
        raise not_found()
    return _checked(answered.outcome, answered.view, proof_token)


_WORD = {NetworkAnswer.MATCHES: True, NetworkAnswer.DIFFERS: False}


def _operator(otp: Otp, command: CheckNetwork) -> Operator:
    """Returns the operator whose token it is, or says what is wrong with both before anything is asked."""
    operator, faults = otp.operators.get(command.operator), []
    if operator is None:
        faults.append(FieldFault("operator", "must be the name of a configured operator", "UNKNOWN_OPERATOR"))
    if not is_bearer_token(command.network_token):
        faults.append(FieldFault("network_token", "must be a bearer token (RFC 6750 section 2.1)", "BEARER_TOKEN"))
    if operator is None or faults:
        raise InvalidRequest(*faults)
    return operator


def _checked(verdict: Verdict, view: ChallengeView | None, proof_token: str) -> Checked:
    if view is None:
        raise not_found()
    return Checked(verdict, view, proof_token if verdict is Verdict.VERIFIED else "")


def _not_asked(outcome: Question) -> XacthucError:
    if outcome is Question.NONE_LEFT:
        return LimitExceeded(
            "an operator was asked about this challenge as often as it may be; send a code with ResendCode",
            limit="challenge",
        )
    return FailedPrecondition(
        Reason.CHANNEL_NOT_OFFERED, "this challenge was not started with channel NETWORK; check its code instead"
    )


_TOKEN_FAULTS = {
    NetworkAnswer.TOKEN_REFUSED: FieldFault(
        "network_token", "must be one that the operator issued, not used up and not expired", "TOKEN_REFUSED"
    ),
    NetworkAnswer.TOKEN_NOT_PERMITTED: FieldFault(
        "network_token", "must carry the scope number-verification:verify", "TOKEN_NOT_PERMITTED"
    ),
    NetworkAnswer.NOT_BY_MOBILE_NETWORK: FieldFault(
        "network_token", "must be got over the phone's own mobile connection", "NOT_BY_MOBILE_NETWORK"
    ),
}


def _unanswered(answer: NetworkAnswer) -> XacthucError:
    fault = _TOKEN_FAULTS.get(answer)
    if fault is not None:
        return InvalidRequest(fault, reason=Reason.NETWORK_TOKEN_INVALID)
    return Unavailable(
        Reason.NETWORK_UNAVAILABLE, "the operator does not answer; nothing was counted, send a code with ResendCode"
    )
