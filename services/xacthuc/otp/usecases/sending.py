"""Verbs that send: each is charged before anything leaves, and gives back what came to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import (
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    LimitExceeded,
    RequestIdReused,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.challenge import NETWORK, Resend
from xacthuc.otp.domain.starter import Starter
from xacthuc.otp.ports import NewChallenge, NewNotice, NoticeOutcome, Spend, SpendOutcome, StartOutcome
from xacthuc.otp.usecases.guarding import Guarding
from xacthuc.otp.usecases.otp import blocked, ended, identity_of, mobile, network, not_found
from xacthuc.valkey.partition import partition_of

if TYPE_CHECKING:
    from xacthuc.otp.commands import SendNotice, StartChallenge
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports import Notices, Queued, Spent
    from xacthuc.otp.usecases.otp import Otp
    from xacthuc.phone import Mobile


async def start_challenge(otp: Otp, command: StartChallenge) -> ChallengeView:
    """Creates a challenge and hands its message to delivery: two trips, the limits elsewhere and the number's own."""
    if command.channel == NETWORK and not otp.operators:
        raise FailedPrecondition(Reason.CHANNEL_NOT_OFFERED, "no operator here confirms numbers; start with SMS")
    number = mobile(otp, command.phone_number, command.locale)
    now_ms = otp.clock.now_ms()
    partition, starter = partition_of(number.e164, otp.number_key), _starter(otp, command, number)
    spend = Spend(
        platform=command.platform,
        charged=starter.charged,
        method="StartChallenge",
        request_id=command.request_id,
        fingerprint=otp.digests.of("request", command.platform, command.meaning(number.e164)),
        challenge=challenge_id.make(partition, otp.deriver.current, challenge_id.random_part()).text,
        message=command.channel != NETWORK,
    )
    with Guarding.of(otp, number.operator, starter.prefix, now_ms, message=spend.message) as guarding:
        spent = await _spend(otp, spend, now_ms, captcha_solved=command.captcha_solved)
        new = NewChallenge(
            id=challenge_id.parse(spent.challenge),
            starter=starter,
            purpose=command.purpose,
            subject=command.subject,
            number=number.e164,
            masked_number=number.masked,
            locale=command.locale,
            brand=otp.brand_of(command.platform),
            channel=command.channel,
            operator=number.operator,
            autofill=command.autofill,
            guard=await guarding.said(),
            trace=command.trace,
        )
        answered = await otp.challenges.start(new, now_ms)
        # A repeated request was counted when it came first.
        guarding.sent = answered.view is not None and spent.charged
    if guarding.sent:
        otp.started(number.operator, command.channel)
    if answered.view is not None:
        return answered.view
    otp.limits.refund(spend, spent, now_ms)
    if answered.outcome is StartOutcome.BLOCKED:
        raise blocked()
    if answered.outcome is StartOutcome.GUARDED:
        raise _limit_error("guard", 0, captcha_solved=False)
    wait_ms = answered.retry_at_ms - now_ms if answered.retry_at_ms else 0
    raise _limit_error("number", wait_ms, captcha_solved=command.captcha_solved)


async def resend_code(otp: Otp, platform: str, name: str, channel: int, request_id: str) -> ChallengeView:
    """Sends the same code once more, if the ladder and the number allow it."""
    if channel and channel not in otp.channels:
        raise FailedPrecondition(
            Reason.CHANNEL_NOT_OFFERED, "no provider here serves this channel; use one of available_channels"
        )
    identity, now_ms = identity_of(name), otp.clock.now_ms()
    charged = await otp.challenges.charged(identity, platform)
    if charged is None:
        raise not_found()
    spend = Spend(
        platform=platform,
        charged=charged.limits,
        method="ResendCode",
        request_id=request_id,
        fingerprint=otp.digests.of("request", platform, f"{identity.text}\0{channel}"),
        challenge=identity.text,
    )
    with Guarding.of(otp, charged.operator, charged.prefix, now_ms) as guarding:
        # The ladder bounds resends already, so a CAPTCHA would add nothing: what is asked for is to wait. The first code
        # after a silent start is no resend to the guard, which was not asked before.
        spent = await _spend(otp, spend, now_ms, captcha_solved=True)
        answered = await otp.challenges.resend(
            identity,
            platform,
            request_id=request_id,
            channel=channel,
            now_ms=now_ms,
            guard=await (guarding.said() if charged.first else guarding.noted()),
        )
        guarding.sent = answered is not None and answered.outcome is Resend.SENT and spent.charged
    if answered is not None and answered.outcome is Resend.SENT and answered.view is not None:
        return answered.view
    otp.limits.refund(spend, spent, now_ms)
    if answered is None:  # it was collected since its charges were read
        raise not_found()
    raise _resend_refused(answered.outcome, timedelta(milliseconds=answered.retry_at_ms - now_ms))


async def send_notice(otp: Otp, notices: Notices, command: SendNotice) -> Queued:
    """Hands a notice to the bulk lane, which has budgets and money of its own."""
    if not otp.has_notice(command.platform, command.template):
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
        operator=number.operator,
        request_id=command.request_id,
        fingerprint=otp.digests.of("request", command.platform, command.meaning(number.e164)),
    )
    now_ms = otp.clock.now_ms()
    queued = await notices.queue(new, now_ms)
    if queued.outcome is NoticeOutcome.REQUEST_ID_REUSED:
        raise RequestIdReused
    if queued.outcome is NoticeOutcome.BLOCKED:
        raise blocked()
    if queued.outcome is NoticeOutcome.REFUSED:
        wait = timedelta(milliseconds=queued.retry_at_ms - now_ms) if queued.retry_at_ms else None
        raise LimitExceeded("no more notices now; wait", limit=queued.limit, retry_after=wait)
    return queued


def _starter(otp: Otp, command: StartChallenge, number: Mobile) -> Starter:
    platform, digest = command.platform, otp.digests.of
    return Starter(
        platform=platform,
        account=digest("account", platform, command.subject),
        device=digest("device", platform, command.device_id),
        address=digest("address", platform, network(otp, command.ip)),
        prefix=digest("prefix", platform, number.prefix),
        captcha_solved=command.captcha_solved,
    )


async def _spend(otp: Otp, spend: Spend, now_ms: int, *, captcha_solved: bool) -> Spent:
    spent = await otp.limits.spend(spend, now_ms)
    if spent.outcome is SpendOutcome.REQUEST_ID_REUSED:
        otp.limits.refund(spend, spent, now_ms)
        raise RequestIdReused
    if spent.outcome is SpendOutcome.STOPPED:
        raise FailedPrecondition(
            Reason.SENDING_STOPPED, "an operator has stopped all sending for this platform; ask them before you retry"
        )
    if spent.outcome is SpendOutcome.REFUSED:
        wait_ms = spent.retry_at_ms - now_ms if spent.retry_at_ms else 0
        raise _limit_error(spent.limit, wait_ms, captcha_solved=captcha_solved)
    return spent


def _resend_refused(outcome: Resend, wait: timedelta) -> XacthucError:
    if outcome is Resend.REQUEST_ID_REUSED:
        return RequestIdReused()
    if outcome is Resend.BLOCKED:
        return blocked()
    if outcome is Resend.CHANNEL_NOT_OFFERED:
        return FailedPrecondition(
            Reason.CHANNEL_NOT_OFFERED, "this channel is not on offer now; use one of available_channels"
        )
    return _resend_limited(outcome, wait) or ended()


def _resend_limited(outcome: Resend, wait: timedelta) -> LimitExceeded | None:
    if outcome is Resend.TOO_EARLY:
        return LimitExceeded(
            "the next send is not allowed yet; wait for next_send_time",
            limit="challenge",
            reason=Reason.RESEND_TOO_EARLY,
            retry_after=wait,
        )
    if outcome is Resend.NUMBER_LIMIT:
        return LimitExceeded(
            "the number's allowance is used up; wait, or offer another way to verify",
            limit="number",
            retry_after=wait,
        )
    if outcome is Resend.NONE_LEFT:
        return LimitExceeded(
            "this challenge has no send left; start a new one", limit="challenge", reason=Reason.SENDS_EXHAUSTED
        )
    if outcome is Resend.GUARDED:
        return LimitExceeded(
            "have the person solve a CAPTCHA, then start a challenge with SMS and client.captcha_solved",
            limit="guard",
            reason=Reason.CAPTCHA_REQUIRED,
        )
    return None


_CAPTCHA_OPENS = frozenset({"number", "account", "device", "ip", "prefix", "guard"})
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
