"""A message on its round of the providers: what was asked, by which channels, and what the store was not told yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.ports import Fate, Left

if TYPE_CHECKING:
    from xacthuc.otp.delivery.ports import Channel, Claim, Entry, Message, Tenure, Unsent


@dataclass(slots=True)
class Pending:
    """An entry on its way through this worker, and how often all providers were asked in vain."""

    entry: Entry
    tenure: Tenure
    rounds: int = 0
    held_back: str = ""
    """Why it had to wait although somebody could send it; empty once it was asked for."""


@dataclass(slots=True)
class Parcel:
    """One round: as long as one task looks after the message."""

    pending: Pending
    claim: Claim
    channels: list[Channel]
    """By which it may still be sent, best first. One is taken out when a provider says that it leads nowhere."""
    token: str = field(init=False)
    """Of the claim for the next request; empty while there is none."""
    fate: Fate | None = field(init=False)
    """What the store has not been told yet of the claim in use, or of the last one."""
    tried: set[str] = field(init=False)
    closed: Unsent | None = None
    """Why the channel that was closed last leads nowhere."""
    trace: str = ""
    """The `traceparent` of the last request, when it is traced."""
    over: bool = False
    again_seconds: float | None = None
    _messages: dict[Channel, Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Starts with its first claim."""
        self.tried = set()
        self.claimed(self.claim)

    def claimed(self, claim: Claim) -> None:
        """Goes on under a new claim."""
        self.claim, self.token = claim, claim.token
        self.fate = Fate(claim.token, Left.NOTHING)
        self.tried |= claim.avoid

    def released(self) -> None:
        """Has no claim any more: the store was told what became of it."""
        self.token, self.fate = "", None

    def ended(self, left: Left, provider: str, reason: str) -> None:
        """Keeps in mind how its request ended, for the next step in the store."""
        self.fate, self.token = Fate(self.token, left, provider, reason), ""

    def end(self, again_seconds: float | None) -> None:
        """Ends the round: the message is done with, or comes back after a pause."""
        self.over, self.again_seconds = True, again_seconds

    def close(self, channel: Channel, why: Unsent) -> None:
        """Gives a channel up: nobody can send the message by it."""
        self.closed = why
        if channel in self.channels:
            self.channels.remove(channel)

    def keep(self, message: Message) -> None:
        """Remembers the message as it is sent by its channel."""
        self._messages[message.channel] = message

    def message(self, channel: Channel) -> Message | None:
        """Returns the message for a channel, numbered as the request it is going to be; None before it was composed."""
        message = self._messages.get(channel)
        return replace(message, request=self.claim.request) if message is not None else None
