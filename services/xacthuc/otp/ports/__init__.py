"""What the use cases need of the outside world. Adapters implement these; nothing here knows a technology."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from xacthuc.otp.domain.challenge import Redemption, Resend, Verdict
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.spending import Budget, Spending
    from xacthuc.otp.domain.starter import Starter
    from xacthuc.otp.domain.view import ChallengeView
    from xacthuc.otp.ports.network import Asked

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChallenge:
    """Everything a challenge is made of."""

    id: ChallengeId
    starter: Starter
    purpose: int
    subject: str
    number: str = field(repr=False)
    """E.164, in clear: the adapter seals it."""
    masked_number: str
    locale: str
    brand: str
    channel: int
    operator: str
    """Whom the number's range was first given to, as `Mobile.operator` spells it."""
    autofill: int = 0
    """A number of Client.Autofill."""
    guard: str = ""
    """What the fraud guard said, as `GuardDecision.text`; empty when it was not asked."""
    trace: str
    """W3C traceparent, so that delivery continues the trace."""


class StartOutcome(StrEnum):
    """What the store made of a start. The values are what the script answers."""

    STARTED = "S"
    BLOCKED = "B"
    NUMBER_LIMIT = "L"
    GUARDED = "G"
    """The fraud guard asks for proof of a person, and there is none."""


class Answered(NamedTuple, Generic[Outcome]):
    """An outcome, the challenge after it where there is one, and the time from which waiting helped."""

    outcome: Outcome
    view: ChallengeView | None = None
    retry_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a proof says, once it was used up by this request."""

    outcome: Redemption
    number: str = field(default="", repr=False)
    purpose: int = 0
    subject: str = ""
    verified_ms: int = 0
    channel: int = 0
    device: str = ""
    """The digest of the device it was started from; empty where the platform did not say."""


class Charged(NamedTuple):
    """What a challenge's messages are counted under."""

    limits: str
    """As `Starter.charged` spells it."""
    operator: str
    prefix: str
    first: bool
    """Whether none was sent yet: the challenge was started without a code."""


class Challenges(Protocol):
    """The store of challenges. Every method is one atomic step and one trip; all raise Unavailable when it is down."""

    async def start(self, new: NewChallenge, now_ms: int) -> Answered[StartOutcome]:
        """Checks the number's limits, keeps the challenge and hands the message over. One that exists is answered."""
        ...

    async def check(
        self, challenge: ChallengeId, platform: str, *, request_id: str, matches: bool, now_ms: int, operator: str = ""
    ) -> Answered[Verdict] | None:
        """Spends the attempt before anything is revealed. None when `platform` has no such challenge.

        `operator` names who compared, empty for a code.
        """
        ...

    async def ask(self, challenge: ChallengeId, platform: str, *, request_id: str, now_ms: int) -> Asked | None:
        """Spends a question to an operator and opens the number for it. None when `platform` has no such challenge."""
        ...

    async def resend(
        self, challenge: ChallengeId, platform: str, *, request_id: str, channel: int, now_ms: int, guard: str = ""
    ) -> Answered[Resend] | None:
        """Spends a send of the ladder and of the number, and hands the message over. Channel 0 repeats the last.

        `guard` is what the fraud guard said, as `GuardDecision.text`.
        """
        ...

    async def cancel(self, challenge: ChallengeId, platform: str, now_ms: int) -> Answered[bool] | None:
        """Ends a pending challenge; False when it had ended otherwise, None when there is none."""
        ...

    async def view(self, challenge: ChallengeId, platform: str, now_ms: int) -> ChallengeView | None:
        """Reads a challenge; an empty platform reads any, for operators."""
        ...

    async def charged(self, challenge: ChallengeId, platform: str) -> Charged | None:
        """Returns what another message of a challenge is counted under; None when there is no such challenge."""
        ...

    async def report(
        self, number: str, platform: str, *, reporter: str, request_id: str, now_ms: int
    ) -> list[ChallengeId]:
        """Spends one report of the number and returns its latest challenges; none when the day's reports are spent.

        Reports are counted per `reporter`, a digest; the last request is not charged again when it is repeated.
        """
        ...

    async def unrequested(self, challenge: ChallengeId, number: str, platform: str, now_ms: int) -> None:
        """Ends the challenge and bars its starter from the number. Doing it again changes nothing."""
        ...

    async def redeem(self, challenge: ChallengeId, platform: str, *, request_id: str, now_ms: int) -> Redeemed:
        """Uses up the proof of a verified challenge, once per request id."""
        ...


class SpendOutcome(StrEnum):
    """What the limits outside the number made of a start."""

    ALLOWED = "ALLOWED"
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """One wish to send, as the limits see it."""

    platform: str
    charged: str
    """Whose limits are charged, as `Starter.charged` spells it."""
    method: str
    """The method asked, which request ids are apart by."""
    request_id: str
    fingerprint: str
    """Keyed, of the request's payload: the same id with another one is refused."""
    challenge: str
    """The id of the challenge, or the one it will have."""
    message: bool = True
    """Whether a message goes out, which costs the platform money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The answer of the limits."""

    outcome: SpendOutcome
    challenge: str = ""
    """The id to start with: of the first try, when the request is repeated."""
    limit: str = ""
    """Name of the limit that refused."""
    retry_at_ms: int = 0
    """When asking again makes sense; 0 when waiting does not help."""
    charged: bool = False
    """Whether something was spent that a refusal elsewhere must give back."""


class Limits(Protocol):
    """Limits per account, device, address, prefix, platform and over all: in other slots than the number."""

    async def spend(self, spend: Spend, now_ms: int) -> Spent:
        """Spends one send everywhere or nowhere, in one trip. A repeated request is not charged again.

        What is stopped is stopped for a repeated request too.
        """
        ...

    def refund(self, spend: Spend, spent: Spent, now_ms: int) -> None:
        """Gives back, in the background, what a start spent that was refused by its number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A message without code and URL, for the bulk lane."""

    id: str
    partition: int
    platform: str
    number: str = field(repr=False)
    template: str
    locale: str
    brand: str
    operator: str
    request_id: str
    fingerprint: str


class NoticeOutcome(StrEnum):
    """What the store made of a notice. The values are what the script answers, where it does."""

    QUEUED = "S"
    REQUEST_ID_REUSED = "R"
    BLOCKED = "B"
    REFUSED = "L"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The answer of the bulk lane."""

    outcome: NoticeOutcome
    notice: str = ""
    at_ms: int = 0
    """When it was queued."""
    limit: str = ""
    """Name of the limit that refused."""
    retry_at_ms: int = 0
    """When asking again makes sense; 0 when waiting does not help."""


class Notices(Protocol):
    """The bulk lane."""

    async def queue(self, new: NewNotice, now_ms: int) -> Queued:
        """Charges its budgets and hands a notice over, or neither. A repeated request is told what the first try was.

        Two trips; raises Unavailable when the store is down.
        """
        ...


class Money(Protocol):
    """What platforms spend on messages and may spend. Paying is the delivery worker's."""

    async def set_cap(
        self, platform: str, budget: Budget, cap_vnd: int, reason: str, now_ms: int, *, actor: str
    ) -> Spending:
        """Caps what one budget may spend a day, from the next message on; NO_CAP_VND lifts the cap. Returns it so."""
        ...

    async def spendings(self, now_ms: int) -> list[Spending]:
        """Returns every budget of every platform that has one, by platform."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEntry:
    """One outcome as the store keeps it."""

    kind: str
    at_ms: int
    challenge: str
    platform: str
    subject: str
    purpose: int
    provider: str
    detail: str
    channel: int = 0
    operator: str = ""
    prefix: str = ""
    """Digest of the number's block, as `Starter.prefix`."""
    cost_vnd: int = 0
    guard: str = ""
    """What the fraud guard decided, as `domain.guard` writes it."""
    number: str = field(default="", repr=False)
    """E.164, in clear; of a number that is out of use alone."""
    actor: str = ""
    """Who did it, of what operators do."""
    trace: str = ""
    """The `traceparent` of what started the challenge, when that is recorded."""


@dataclass(frozen=True, slots=True)
class OutcomeBatch:
    """Some outcomes, and the cursor behind them."""

    entries: list[OutcomeEntry]
    cursor: bytes


class CursorExpired(Exception):  # noqa: N818 - the state it names
    """Outcomes behind this cursor are no longer kept, or it was never a cursor."""


class Outcomes(Protocol):
    """The reader of outcomes."""

    def watch(
        self, cursor: bytes, kinds: Collection[str] = (), *, only_notices: bool = False
    ) -> AsyncIterator[OutcomeBatch]:
        """Yields batches from `cursor` on for ever, an empty one as a heartbeat. CursorExpired when there is a gap.

        `kinds` are names of Outcome.Kind; other outcomes are passed over, none of them when it is empty. With
        `only_notices` so is whatever is not about a notice.
        """
        ...
