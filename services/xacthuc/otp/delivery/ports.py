"""What delivery needs of the outside world: providers, the queue, receipts. Adapters implement these."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Channel(IntEnum):
    """How a message travels. The numbers are those of `Challenge.Channel` in the contract."""

    SMS = 1
    ZALO_ZNS = 2
    VOICE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to be sent."""

    id: str
    """The same for every try of the same send, so that a provider can recognise a repetition. Says nothing."""
    to: str = field(repr=False)
    """E.164."""
    channel: Channel
    text: str = field(repr=False)
    code: str = field(default="", repr=False)
    """The code alone, for channels whose template takes it as a parameter; empty in a notice."""
    brand: str = ""
    challenge: str = ""
    request: int = 1
    """Which request to a provider this is, counted by the store."""


class Left(StrEnum):
    """What a request that was not accepted leaves behind. The values are what the claim script reads."""

    NOTHING = "nothing"
    """The provider never saw it: it costs neither a copy nor a request."""
    REFUSAL = "refusal"
    """The provider answered no: no copy went out."""
    DOUBT = "doubt"
    """It may have been sent."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    message_id: str
    """How its receipts will name the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The provider did not take the message, or did not say so."""

    reason: str
    """A short machine word such as `number_inactive`."""
    final: bool = False
    """Whether no other provider will do better: the fault is the recipient's number."""
    left: Left = Left.REFUSAL
    hold_ms: int = 0
    """For how long the provider wants to be left alone."""


Answer: TypeAlias = Accepted | Rejected


class Provider(Protocol):
    """Somebody who sends messages."""

    @property
    def name(self) -> str:
        """Its name in settings, metrics and receipts."""
        ...

    @property
    def channels(self) -> Collection[Channel]:
        """What it can send by."""
        ...

    def takes(self, message: Message) -> bool:
        """Tells whether this message is one for this provider."""
        ...

    async def send(self, message: Message) -> Answer:
        """Sends within seconds or says how far it came. Never raises for a fault of the provider."""
        ...


class Status(StrEnum):
    """What a receipt says. The values are what the store keeps as delivery state."""

    DELIVERED = "D"
    FAILED = "F"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, as its provider reports."""

    message_id: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One worker's hold on a partition. The fence grows with every change of hands and guards every write."""

    partition: int
    fence: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as it waits in a lane."""

    partition: int
    key: str
    """The id of the stream entry."""
    bulk: bool
    id: str
    """The challenge, or the notice in the bulk lane."""
    send: int
    """Which send of the challenge, from 1."""
    channel: int
    """A `Channel`, unless a newer version of the service queued it."""
    queued_ms: int
    platform: str
    """Whose message it is, for the kill switch; empty when the store has forgotten the challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the store knows of a message that may be sent once now."""

    platform: str
    purpose: int
    template: str
    """Name of the notice; empty for a code."""
    locale: str
    brand: str
    sealed_number: bytes = field(repr=False)
    trace: str
    request: int
    token: str
    """Names this claim, so that it is given back once at the most."""


class Done(Enum):
    """Why there is nothing more to do about an entry."""

    LOST = "lost"
    """Another worker holds the partition."""
    DROPPED = "dropped"
    """The challenge ended, a later send took its place, or the entry was dealt with."""
    FAILED = "failed"
    """It cannot be sent any more, or must not since its number was blocked, which the store has on record now."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How the request of a claim ended, told to the store with the next step."""

    token: str
    left: Left
    provider: str = ""
    reason: str = ""


EXPIRED: Final = "expired"
STOPPED: Final = "stopped"
"""Why a message's time was over before it was sent: nobody could send it, or a kill switch forbade it."""


class Queue(Protocol):
    """The lanes. Every write is refused to a worker that lost the partition; all raise StoreUnavailable."""

    async def read(self, partition: int, after: str, *, bulk: bool, most: int) -> list[Entry]:
        """Returns entries behind `after` (empty: from the head), oldest first, and leaves them where they are."""
        ...

    async def claim(self, tenure: Tenure, entry: Entry, token: str, previous: Fate | None, now_ms: int) -> Claim | Done:
        """Counts one request in the store before it is made, and gives back what `previous` did not use.

        The same `token` again is the same claim: a caller that got no answer repeats it.
        """
        ...

    async def put_back(
        self, tenure: Tenure, entry: Entry, previous: Fate | None, now_ms: int, *, late: str = EXPIRED
    ) -> Done | None:
        """Gives back what `previous` did not use and leaves the entry for later.

        Done when its time is over, which goes on record as a failure for the reason `late`.
        """
        ...

    async def settle(
        self, tenure: Tenure, entry: Entry, provider: str, failure: str | None, now_ms: int
    ) -> Done | None:
        """Takes the entry from its lane and records that it was sent or, with a reason, that it will not be."""
        ...


class Switches(Protocol):
    """The kill switches of platforms, and of all."""

    async def stopped(self, platform: str) -> bool:
        """Tells whether nothing of a platform may be sent now, at most half a second late. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """The send a receipt belongs to."""

    partition: int
    bulk: bool
    id: str
    send: int


class ReceiptBook(Protocol):
    """Which message of a provider belongs to which send. Either side may come first; the other finds it."""

    async def link(self, provider: str, message_id: str, target: Target) -> Receipt | None:
        """Remembers whom receipts of a message are for; returns the receipt that came before, if any."""
        ...

    async def find(self, provider: str, receipt: Receipt) -> Target | None:
        """Returns whom a receipt is for, or keeps it until that is known."""
        ...

    async def apply(self, provider: str, target: Target, receipt: Receipt, now_ms: int) -> int | None:
        """Records it once; returns when the message was queued, in milliseconds, None when it was known."""
        ...


class Holdings(Protocol):
    """Who works and who holds which partition."""

    async def announce(self, worker: str, until_ms: int, now_ms: int) -> Sequence[str]:
        """Says that `worker` lives until then, or leaves when 0; returns all that live."""
        ...

    async def take(self, worker: str, partition: int, until_ms: int, now_ms: int) -> Tenure | None:
        """Takes a partition that nobody holds, or renews; None when another worker holds it."""
        ...

    async def leave(self, worker: str, tenure: Tenure) -> None:
        """Lets somebody else take the partition at once."""
        ...
