"""The life of a challenge as a pure state machine.

    PENDING --right code--> VERIFIED      PENDING --time--> EXPIRED
    PENDING --last wrong code--> EXHAUSTED      PENDING --cancel, report--> CANCELED

Every final state stays. A seen request id gets its stored answer, whatever comes with it. Wrong codes count against
the challenge and against its number's allowance; past either cap a right code is answered like a wrong one.

A challenge of channel NETWORK starts without a message: the phone's operator is asked whether the number is its own,
and what it says is checked like a code. The first code, if the person wants one after all, is the first send.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.otp.domain.allowance import wrong_in_day
from xacthuc.ratelimit import gcra

if TYPE_CHECKING:
    from xacthuc.otp.domain.allowance import Allowance
    from xacthuc.otp.domain.rules import Rules


SMS: Final = 1
NETWORK: Final = 4
"""Numbers of Challenge.Channel; a test compares them with the contract."""


class State(StrEnum):
    """Where a challenge is. The values are what the store keeps."""

    PENDING = "P"
    VERIFIED = "V"
    EXPIRED = "E"
    EXHAUSTED = "X"
    CANCELED = "C"


class Verdict(StrEnum):
    """What became of one check. The values are what the store keeps."""

    VERIFIED = "V"
    WRONG = "W"
    EXPIRED = "E"
    EXHAUSTED = "X"
    ALREADY_USED = "A"
    CANCELED = "C"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the rules need of a challenge. Instants are milliseconds since the epoch."""

    created_ms: int
    expire_ms: int
    next_send_ms: int
    channel: int = SMS
    sends: int = 1
    questions: int | None = None
    """How often an operator was asked; None when the challenge was started with a code."""
    wrong: int = 0
    state: State = State.PENDING
    verified_ms: int = 0
    proof_channel: int = 0
    """How the number was proven, which need not be how the last message went."""
    redeemed_by: str = ""
    checks: dict[str, Verdict] = field(default_factory=dict)
    """Verdicts that were counted or accepted, by request id. Bounded: five wrong ones and one right one."""
    network_checks: dict[str, Verdict] = field(default_factory=dict)
    """The same of what operators said: ids are apart by method."""
    resends: dict[str, int] = field(default_factory=dict)
    """The channel asked for by each request id that was sent. Bounded by the ladder."""

    def state_at(self, now_ms: int) -> State:
        """Returns the state, in which time has its part: nobody has to write EXPIRED."""
        if self.state is State.PENDING and now_ms >= self.expire_ms:
            return State.EXPIRED
        return self.state


def start(now_ms: int, rules: Rules, channel: int = SMS) -> Challenge:
    """Returns a challenge whose first message is being sent, or for NETWORK one that may send it at any time."""
    expire_ms = now_ms + min(rules.ttl_ms, rules.ceiling_ms)
    if channel == NETWORK:
        return Challenge(now_ms, expire_ms, next_send_ms=now_ms, channel=channel, sends=0, questions=0)
    next_send_ms = now_ms + rules.send_gaps_ms[0] if rules.send_gaps_ms else 0
    return Challenge(now_ms, expire_ms, next_send_ms, channel)


_FINAL_VERDICTS = {
    State.VERIFIED: Verdict.ALREADY_USED,
    State.EXPIRED: Verdict.EXPIRED,
    State.EXHAUSTED: Verdict.EXHAUSTED,
    State.CANCELED: Verdict.CANCELED,
}


class Question(StrEnum):
    """What became of a wish to ask an operator. The values are what the script answers."""

    ASK = "Q"
    NOT_SILENT = "U"
    """The challenge was started with a code."""
    NONE_LEFT = "L"


def ask(
    challenge: Challenge, allowance: gcra.State, *, request_id: str, now_ms: int, rules: Rules
) -> tuple[Challenge, Question | Verdict]:
    """Spends one question to an operator, or returns the verdict that needs none."""
    if challenge.questions is None:
        return challenge, Question.NOT_SILENT
    verdict = _decided(challenge, allowance, challenge.network_checks.get(request_id), now_ms, rules)
    if verdict is not None:
        return challenge, verdict
    if challenge.questions >= rules.network_questions:
        return challenge, Question.NONE_LEFT
    return replace(challenge, questions=challenge.questions + 1), Question.ASK


def check(
    challenge: Challenge,
    allowance: gcra.State,
    *,
    request_id: str,
    matches: bool,
    now_ms: int,
    rules: Rules,
    network: bool = False,
) -> tuple[Challenge, gcra.State, Verdict]:
    """Spends one attempt and returns the challenge, the number's allowance and the verdict after it.

    `network` says that `matches` is an operator's word and not a code's, which is nobody's to know before it was sent.
    """
    seen = challenge.network_checks if network else challenge.checks
    verdict = _decided(challenge, allowance, seen.get(request_id), now_ms, rules)
    if verdict is not None:
        return challenge, allowance, verdict
    if matches and (network or challenge.sends):
        verified = replace(
            _answered(challenge, request_id, Verdict.VERIFIED, network=network),
            state=State.VERIFIED,
            verified_ms=now_ms,
            proof_channel=NETWORK if network else challenge.channel,
        )
        return verified, allowance, Verdict.VERIFIED
    wrong = challenge.wrong + 1
    counted = replace(
        _answered(challenge, request_id, Verdict.WRONG, network=network),
        wrong=wrong,
        state=State.EXHAUSTED if wrong >= rules.wrong_per_challenge else State.PENDING,
    )
    return counted, gcra.wrong(allowance, now_ms, now_ms), Verdict.WRONG


def _decided(
    challenge: Challenge, allowance: gcra.State, seen: Verdict | None, now_ms: int, rules: Rules
) -> Verdict | None:
    """Returns the verdict that needs no looking: it was given before, or nothing can be checked any more."""
    final = seen or _FINAL_VERDICTS.get(challenge.state_at(now_ms))
    if final is None and wrong_in_day(allowance, now_ms) >= rules.number.wrong_cap:
        return Verdict.EXHAUSTED
    return final


def _answered(challenge: Challenge, request_id: str, verdict: Verdict, *, network: bool) -> Challenge:
    if network:
        return replace(challenge, network_checks={**challenge.network_checks, request_id: verdict})
    return replace(challenge, checks={**challenge.checks, request_id: verdict})


class Resend(StrEnum):
    """What became of a wish to send again. The values are what the script answers."""

    SENT = "S"
    ENDED = "E"
    TOO_EARLY = "T"
    """For this challenge."""
    NUMBER_LIMIT = "M"
    """Its number has no allowance left."""
    NONE_LEFT = "L"
    CHANNEL_NOT_OFFERED = "O"
    """Another channel than the last one is not on offer yet."""
    BLOCKED = "B"
    """The number receives nothing, or not from this starter."""
    GUARDED = "G"
    """The fraud guard asks for proof of a person before the first code, and there is none."""
    REQUEST_ID_REUSED = "R"
    """The id came before, with another channel."""


def resend(  # noqa: PLR0911 - a state machine answers where it knows
    challenge: Challenge, allowance: Allowance, *, request_id: str, channel: int, now_ms: int, rules: Rules
) -> tuple[Challenge, Allowance, Resend]:
    """Spends one send of the challenge and of its number. The code stays; its life is renewed up to the ceiling.

    The first code of a silent start costs the number nothing: that start was charged for it.
    """
    if request_id in challenge.resends:
        same = challenge.resends[request_id] == channel
        return challenge, allowance, Resend.SENT if same else Resend.REQUEST_ID_REUSED
    if challenge.state_at(now_ms) is not State.PENDING:
        return challenge, allowance, Resend.ENDED
    if challenge.sends > len(rules.send_gaps_ms):
        return challenge, allowance, Resend.NONE_LEFT
    elsewhere = channel not in (0, challenge.channel)
    if elsewhere and 0 < challenge.sends < rules.other_channels_from_send - 1:
        return challenge, allowance, Resend.CHANNEL_NOT_OFFERED
    if now_ms < challenge.next_send_ms:
        return challenge, allowance, Resend.TOO_EARLY
    spent = allowance.spent(rules, 1 if challenge.sends else 0, now_ms)
    if isinstance(spent, gcra.Refusal):
        return challenge, allowance, Resend.NUMBER_LIMIT
    again = challenge.sends < len(rules.send_gaps_ms)
    used = channel or challenge.channel
    sent = replace(
        challenge,
        channel=SMS if used == NETWORK else used,
        sends=challenge.sends + 1,
        expire_ms=min(challenge.created_ms + rules.ceiling_ms, now_ms + rules.ttl_ms),
        next_send_ms=now_ms + rules.send_gaps_ms[challenge.sends] if again else 0,
        resends={**challenge.resends, request_id: channel},
    )
    return sent, spent, Resend.SENT


def cancel(challenge: Challenge, now_ms: int) -> tuple[Challenge, bool]:
    """Ends a pending challenge. The flag is False when it had ended otherwise."""
    state = challenge.state_at(now_ms)
    if state is State.PENDING:
        return replace(challenge, state=State.CANCELED), True
    return challenge, state is State.CANCELED


class Redemption(StrEnum):
    """What became of a proof token. The values are what the script answers."""

    REDEEMED = "R"
    NOT_VERIFIED = "N"
    EXPIRED = "E"
    ALREADY_REDEEMED = "A"


def redeem(challenge: Challenge, *, request_id: str, now_ms: int, rules: Rules) -> tuple[Challenge, Redemption]:
    """Uses up the proof of a verified challenge. The request id that used it up gets the same answer again."""
    if challenge.state is not State.VERIFIED:
        return challenge, Redemption.NOT_VERIFIED
    if challenge.redeemed_by:
        same = challenge.redeemed_by == request_id
        return challenge, Redemption.REDEEMED if same else Redemption.ALREADY_REDEEMED
    if now_ms >= challenge.verified_ms + rules.proof_ttl_ms:
        return challenge, Redemption.EXPIRED
    return replace(challenge, redeemed_by=request_id), Redemption.REDEEMED
