"""What the service does, one function per verb. Reads top to bottom; decides by `domain`, acts through `ports`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import (
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    OutOfRange,
    RequestIdReused,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.challenge import Redemption, Resend, Verdict
from xacthuc.otp.domain.code import Deriver, UnknownKeyVersion
from xacthuc.otp.domain.sandbox import is_reserved
from xacthuc.otp.domain.starter import Digests, Starter, network_of
from xacthuc.otp.ports import CursorExpired, NewChallenge, NewNotice, NoticeOutcome, Spend, SpendOutcome, StartOutcome
from xacthuc.phone import Mobile, NumberPlan, Refusal
from xacthuc.valkey.partition import partition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.commands import SendNotice, StartChallenge
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.rules import Rules
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import (
        Administration,
        Challenges,
        Limits,
        Notices,
        OutcomeBatch,
        Outcomes,
        Redeemed,
        Spent,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Otp:
    """What the verbs work with. Built once, in `main.py`."""

    clock: Clock
    plan: NumberPlan
    rules: Rules
    deriver: Deriver
    digests: Digests
    number_key: bytes
    challenges: Challenges
    limits: Limits
    brand_of: Callable[[str], str]
    """The name a platform puts in front of its messages."""
    channels: tuple[int, ...]
    """Channels the providers serve, best first, as numbers of Challenge.Channel."""
    notice_templates: frozenset[str]
    """Names of the notices that may be sent in bulk."""
    development: bool
    """Whether the sandbox's reserved numbers are served."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to a code."""

    verdict: Verdict
    view: ChallengeView
    proof_token: str = ""


async def start_challenge(otp: Otp, command: StartChallenge) -> ChallengeView:
    """Creates a challenge and hands its message to delivery: two trips, the limits elsewhere and the number's own."""
    number = mobile(otp, command.phone_number, command.locale)
    now_ms = otp.clock.now_ms()
    partition = partition_of(number.e164, otp.number_key)
    spend = Spend(
        starter=_starter(otp, command, number),
        request_id=command.request_id,
        fingerprint=command.fingerprint(number.e164),
        challenge=challenge_id.make(partition, otp.deriver.current, challenge_id.random_part()).text,
    )
    spent = await otp.limits.spend(spend, now_ms)
    _refuse_unless_allowed(spent, command, now_ms)
    new = NewChallenge(
        id=challenge_id.parse(spent.challenge),
        starter=spend.starter,
        purpose=command.purpose,
        subject=command.subject,
        number=number.e164,
        masked_number=number.masked,
        locale=command.locale,
        brand=otp.brand_of(command.platform),
        channel=command.channel,
        trace=command.trace,
    )
    answered = await otp.challenges.start(new, now_ms)
    if answered.view is not None:
        return answered.view
    otp.limits.refund(spend, spent, now_ms)
    if answered.outcome is StartOutcome.BLOCKED:
        raise FailedPrecondition(
            Reason.NUMBER_BLOCKED, "this number receives no codes at present; offer the person another way to verify"
        )
    raise _limit_error("number", answered.retry_at_ms - now_ms, captcha_solved=command.captcha_solved)


async def check_code(otp: Otp, platform: str, name: str, code: str, request_id: str) -> Checked:
    """Checks a code in one trip. The comparison made here is worth nothing until the store has spent the attempt."""
    identity = _identity(name)
    try:
        matches = otp.deriver.matches(identity, platform, code)
    except UnknownKeyVersion:
        raise _not_found() from None
    answered = await otp.challenges.check(
        identity, platform, request_id=request_id, matches=matches, now_ms=otp.clock.now_ms()
    )
    if answered is None or answered.view is None:
        raise _not_found()
    verified = answered.outcome is Verdict.VERIFIED
    return Checked(answered.outcome, answered.view, otp.deriver.proof_token(identity, platform) if verified else "")


async def resend_code(otp: Otp, platform: str, name: str, channel: int, request_id: str) -> ChallengeView:
    """Sends the same code once more, if the ladder and the number allow it."""
    if channel and channel not in otp.channels:
        raise FailedPrecondition(
            Reason.CHANNEL_NOT_OFFERED, "no provider here serves this channel; use one of available_channels"
        )
    now_ms = otp.clock.now_ms()
    answered = await otp.challenges.resend(
        _identity(name), platform, request_id=request_id, channel=channel, now_ms=now_ms
    )
    if answered is None:
        raise _not_found()
    if answered.outcome is Resend.CHANNEL_NOT_OFFERED:
        raise FailedPrecondition(
            Reason.CHANNEL_NOT_OFFERED, "this channel is not on offer now; use one of available_channels"
        )
    if answered.outcome is Resend.SENT and answered.view is not None:
        return answered.view
    if answered.outcome is Resend.REQUEST_ID_REUSED:
        raise RequestIdReused
    if answered.outcome is Resend.TOO_EARLY:
        raise LimitExceeded(
            "the next send is not allowed yet; wait for next_send_time",
            limit="challenge",
            reason=Reason.RESEND_TOO_EARLY,
            retry_after=timedelta(milliseconds=answered.retry_at_ms - now_ms),
        )
    if answered.outcome is Resend.NONE_LEFT:
        raise LimitExceeded(
            "this challenge has no send left; start a new one", limit="challenge", reason=Reason.SENDS_EXHAUSTED
        )
    raise _ended()


async def cancel_challenge(otp: Otp, platform: str, name: str) -> ChallengeView:
    """Ends a pending challenge. Canceling again returns it; one that ended otherwise is a wrong state."""
    answered = await otp.challenges.cancel(_identity(name), platform, otp.clock.now_ms())
    if answered is None or answered.view is None:
        raise _not_found()
    if not answered.outcome:
        raise _ended()
    return answered.view


async def get_challenge(otp: Otp, platform: str, name: str) -> ChallengeView:
    """Reads a challenge; an empty platform reads any, for operators."""
    view = await otp.challenges.view(_identity(name), platform, otp.clock.now_ms())
    if view is None:
        raise _not_found()
    return view


async def report_unrequested(otp: Otp, platform: str, phone_number: str, code: str, request_id: str) -> None:
    """Believes whoever knows the code. The report is spent first, and the answer never tells whether it was right."""
    number, now_ms = mobile(otp, phone_number, ""), otp.clock.now_ms()
    for identity in await otp.challenges.report(number.e164, platform, request_id=request_id, now_ms=now_ms):
        if _could_match(otp, identity, platform, code):
            await otp.challenges.unrequested(identity, number.e164, platform, now_ms)


async def redeem_proof(otp: Otp, platform: str, token: str, request_id: str) -> tuple[str, Redeemed]:
    """Uses up a proof and returns its id and what it proves. The same request gets the same answer again."""
    identity = otp.deriver.proven(token, platform)
    if identity is None:
        raise _proof_invalid()
    redeemed = await otp.challenges.redeem(identity, platform, request_id=request_id, now_ms=otp.clock.now_ms())
    if redeemed.outcome is Redemption.REDEEMED:
        return identity.text, redeemed
    if redeemed.outcome is Redemption.EXPIRED:
        raise FailedPrecondition(Reason.PROOF_EXPIRED, "the proof is too old; verify the number again")
    if redeemed.outcome is Redemption.ALREADY_REDEEMED:
        raise FailedPrecondition(Reason.PROOF_REDEEMED, "the proof was used before; verify the number again")
    raise _proof_invalid()


async def send_notice(otp: Otp, notices: Notices, command: SendNotice) -> tuple[str, int]:
    """Hands a notice to the bulk lane; returns its id and when it was queued."""
    if command.template not in otp.notice_templates:
        raise InvalidRequest(FieldFault("template", "must be a registered notice template", "UNKNOWN_TEMPLATE"))
    number = mobile(otp, command.phone_number, command.locale)
    partition = partition_of(number.e164, otp.number_key)
    new = NewNotice(
        id=challenge_id.make(partition, otp.deriver.current, challenge_id.random_part()).text,
        partition=partition,
        platform=command.platform,
        number=number.e164,
        template=command.template,
        locale=command.locale,
        brand=otp.brand_of(command.platform),
        request_id=command.request_id,
        fingerprint=command.fingerprint(number.e164),
    )
    outcome, notice, queued_ms = await notices.queue(new, otp.clock.now_ms())
    if outcome is NoticeOutcome.REQUEST_ID_REUSED:
        raise RequestIdReused
    if outcome is NoticeOutcome.BLOCKED:
        raise FailedPrecondition(Reason.NUMBER_BLOCKED, "this number receives nothing at present")
    return notice, queued_ms


async def watch_outcomes(outcomes: Outcomes, cursor: bytes) -> AsyncIterator[OutcomeBatch]:
    """Yields outcomes from a cursor on, for ever."""
    try:
        async for batch in outcomes.watch(cursor):
            yield batch
    except CursorExpired:
        raise OutOfRange(
            Reason.CURSOR_EXPIRED, "outcomes behind this cursor are no longer kept; start anew with an empty cursor"
        ) from None


async def block_numbers(
    otp: Otp, admin: Administration, texts: list[str], duration_ms: int, source: str
) -> tuple[int, list[tuple[int, Refusal]]]:
    """Blocks every text that is a number; returns how many, and the others with their place and reason."""
    now_ms, refused, blocked = otp.clock.now_ms(), [], 0
    for index, text in enumerate(texts):
        number = otp.plan.parse(text)
        if isinstance(number, Refusal):
            refused.append((index, number))
        else:
            await admin.block(number.e164, source, now_ms + duration_ms, now_ms)
            blocked += 1
    return blocked, refused


async def unblock_number(otp: Otp, admin: Administration, text: str, platform: str, reason: str) -> None:
    """Lifts what keeps codes from a number."""
    await admin.unblock(mobile(otp, text, "en").e164, platform, reason, otp.clock.now_ms())


def mobile(otp: Otp, text: str, locale: str) -> Mobile:
    """Reads a number or says why it is none, to the developer and to the person."""
    number = otp.plan.parse(text)
    if isinstance(number, Refusal):
        language = locale or "vi"
        told = number.explanation(language)
        raise InvalidRequest(FieldFault("phone_number", number.en, number.reason.value, language, told))
    if is_reserved(number.e164) and not otp.development:
        raise FailedPrecondition(
            Reason.SANDBOX_ONLY, "this number is reserved for the sandbox, which only a development environment serves"
        )
    return number


def _starter(otp: Otp, command: StartChallenge, number: Mobile) -> Starter:
    platform, digest = command.platform, otp.digests.of
    return Starter(
        platform=platform,
        account=digest("account", platform, command.subject),
        device=digest("device", platform, command.device_id),
        address=digest("address", platform, network_of(command.ip, otp.rules.ipv6_block_bits)),
        prefix=digest("prefix", platform, number.prefix),
        captcha_solved=command.captcha_solved,
    )


def _refuse_unless_allowed(spent: Spent, command: StartChallenge, now_ms: int) -> None:
    if spent.outcome is SpendOutcome.REQUEST_ID_REUSED:
        raise RequestIdReused
    if spent.outcome is SpendOutcome.STOPPED:
        raise FailedPrecondition(
            Reason.SENDING_STOPPED, "an operator has stopped all sending for this platform; ask them before you retry"
        )
    if spent.outcome is SpendOutcome.REFUSED:
        wait_ms = spent.retry_at_ms - now_ms if spent.retry_at_ms else 0
        raise _limit_error(spent.limit, wait_ms, captcha_solved=command.captcha_solved)


_CAPTCHA_OPENS = frozenset({"number", "account", "device", "ip", "prefix"})
"""Limits that a solved CAPTCHA widens, so that a stranger's flood never locks a person out."""


def _limit_error(limit: str, retry_ms: int, *, captcha_solved: bool) -> LimitExceeded:
    retry = timedelta(milliseconds=retry_ms) if retry_ms else None
    if limit in _CAPTCHA_OPENS and not captcha_solved:
        return LimitExceeded(
            "the free allowance is used up; have the person solve a CAPTCHA and repeat with client.captcha_solved,"
            " or wait",
            limit=limit,
            reason=Reason.CAPTCHA_REQUIRED,
            retry_after=retry,
        )
    return LimitExceeded(
        "the allowance is used up; wait, or offer another way to verify", limit=limit, retry_after=retry
    )


def _could_match(otp: Otp, identity: ChallengeId, platform: str, code: str) -> bool:
    try:
        return otp.deriver.matches(identity, platform, code)
    except UnknownKeyVersion:
        return False


def _identity(name: str) -> ChallengeId:
    try:
        return challenge_id.parse(name.removeprefix("challenges/"))
    except ValueError:
        raise _not_found() from None


def _not_found() -> NotFound:
    return NotFound(Reason.CHALLENGE_NOT_FOUND, "this platform has no such challenge; start a new one")


def _ended() -> FailedPrecondition:
    return FailedPrecondition(Reason.CHALLENGE_CLOSED, "the challenge has ended; start a new one")


def _proof_invalid() -> InvalidRequest:
    return InvalidRequest(
        FieldFault("proof_token", "must be a token that CheckCode returned to this platform", "PROOF_INVALID"),
        reason=Reason.PROOF_INVALID,
    )
