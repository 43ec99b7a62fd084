"""Verbs that check and end: nothing is told before the attempt is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.domain.challenge import Redemption, Verdict
from xacthuc.otp.domain.code import UnknownKeyVersion
from xacthuc.otp.usecases.otp import ended, identity_of, mobile, network, not_found
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from xacthuc.otp.commands import RedeemProof, ReportUnrequested
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import Redeemed
    from xacthuc.otp.usecases.otp import Otp

_VERIFY_AGAIN: Final = {"next_step": NextStep.VERIFY_PHONE.value}
"""What whoever gave a proof that is no good does next."""


class Checked(NamedTuple):
    """The answer to a code."""

    verdict: Verdict
    view: ChallengeView
    proof_token: str = ""


async def check_code(otp: Otp, platform: str, name: str, code: str, request_id: str) -> Checked:
    """Checks a code in one trip. The comparison made here is worth nothing until the store has spent the attempt."""
    identity = identity_of(name)
    try:
        matches = otp.deriver.matches(identity, platform, code)
    except UnknownKeyVersion:
        raise not_found() from None
    answered = await otp.challenges.check(
        identity, platform, request_id=request_id, matches=matches, now_ms=otp.clock.now_ms()
    )
    if answered is None or answered.view is None:
        raise not_found()
    otp.checked(answered.outcome)
    verified = answered.outcome is Verdict.VERIFIED
    return Checked(answered.outcome, answered.view, otp.deriver.proof_token(identity, platform) if verified else "")


async def cancel_challenge(otp: Otp, platform: str, name: str) -> ChallengeView:
    """Ends a pending challenge. Canceling again returns it; one that ended otherwise is a wrong state."""
    answered = await otp.challenges.cancel(identity_of(name), platform, otp.clock.now_ms())
    if answered is None or answered.view is None:
        raise not_found()
    if not answered.outcome:
        raise ended()
    return answered.view


async def get_challenge(otp: Otp, platform: str, name: str) -> ChallengeView:
    """Reads a challenge; an empty platform reads any, for operators."""
    view = await otp.challenges.view(identity_of(name), platform, otp.clock.now_ms())
    if view is None:
        raise not_found()
    return view


async def report_unrequested(otp: Otp, command: ReportUnrequested) -> None:
    """Believes whoever knows the code. The report is spent first, and the answer never tells whether it was right."""
    platform, number, now_ms = command.platform, mobile(otp, command.phone_number, ""), otp.clock.now_ms()
    reporter = otp.digests.of("reporter", platform, f"{network(otp, command.ip)}\0{command.device_id}")
    recent = await otp.challenges.report(
        number.e164, platform, reporter=reporter, request_id=command.request_id, now_ms=now_ms
    )
    for identity in recent:
        if _could_match(otp, identity, platform, command.code):
            await otp.challenges.unrequested(identity, number.e164, platform, now_ms)


async def redeem_proof(otp: Otp, command: RedeemProof) -> tuple[str, Redeemed]:
    """Uses up a proof and returns its id and what it proves. The same request gets the same answer again.

    A proof that was made for something else is refused before it is touched: what it is for never changes.
    """
    platform, now_ms = command.platform, otp.clock.now_ms()
    identity = otp.deriver.proven(command.proof_token, platform)
    view = await otp.challenges.view(identity, platform, now_ms) if identity is not None else None
    if identity is None or view is None or view.subject != command.subject or view.purpose not in command.purposes:
        raise _proof_invalid()
    redeemed = await otp.challenges.redeem(identity, platform, request_id=command.request_id, now_ms=now_ms)
    if redeemed.outcome is Redemption.REDEEMED:
        return identity.text, redeemed
    if redeemed.outcome is Redemption.EXPIRED:
        raise FailedPrecondition(
            Reason.PROOF_EXPIRED, "the proof is too old; verify the number again", metadata=_VERIFY_AGAIN
        )
    if redeemed.outcome is Redemption.ALREADY_REDEEMED:
        raise FailedPrecondition(
            Reason.PROOF_REDEEMED, "the proof was used before; verify the number again", metadata=_VERIFY_AGAIN
        )
    raise _proof_invalid()


def _could_match(otp: Otp, identity: ChallengeId, platform: str, code: str) -> bool:
    try:
        return otp.deriver.matches(identity, platform, code)
    except UnknownKeyVersion:
        return False


def _proof_invalid() -> InvalidRequest:
    return InvalidRequest(
        FieldFault(
            "proof_token", "must be a token that CheckCode returned to this platform, for this purpose", "PROOF_INVALID"
        ),
        reason=Reason.PROOF_INVALID,
        metadata=_VERIFY_AGAIN,
    )
