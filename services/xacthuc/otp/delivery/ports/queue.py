"""The lanes: messages that wait, claims upon them, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from xacthuc.otp.delivery.ports.holdings import Tenure
    from xacthuc.otp.delivery.ports.providers import Channel, Left


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
    again: bool = False
    """Whether somebody took it before and no receipt said that it arrived."""


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
    operator: str = "unknown"
    autofill: int = 0
    request: int
    token: str
    """Names this claim, so that it is given back once at the most."""
    avoid: frozenset[str] = frozenset()
    """Providers that must not be asked under this claim: they may have sent the message already."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that a provider took."""

    provider: str
    channel: Channel
    """By which it went, which need not be the one it was meant for."""
    cost_vnd: int
    reports: bool
    """Whether a receipt is to be waited for."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that will not be sent."""

    reason: str
    provider: str = ""
    """Who said so; empty when nobody was asked."""


EXPIRED: Final = "expired"
STOPPED: Final = "stopped"
QUIET_HOURS: Final = "quiet_hours"
SPEND_CAP: Final = "spend_cap"
"""Why a message's time was over before it was sent: nobody could send it, a kill switch forbade it, it was a notice and
night, or the platform's money for the day was spent."""

UNCONFIRMED: Final = "unconfirmed"
"""Why a message failed: everybody who can send it may have done so, and none says that it arrived."""


class Queue(Protocol):
    """The lanes. Every write is refused to a worker that lost the partition; all raise StoreUnavailable."""

    async def read(self, partition: int, after: str, *, bulk: bool, most: int) -> list[Entry]:
        """Returns entries behind `after` (empty: from the head), oldest first, and leaves them where they are."""
        ...

    async def claim(
        self, tenure: Tenure, entry: Entry, token: str, previous: Fate | None, now_ms: int, *, late: str = EXPIRED
    ) -> Claim | Done:
        """Counts one request in the store before it is made, and gives back what `previous` did not use.

        The same `token` again is the same claim: a caller that got no answer repeats it. A message whose time is over
        goes on record as a failure for the reason `late`.
        """
        ...

    async def put_back(
        self, tenure: Tenure, entry: Entry, previous: Fate | None, now_ms: int, *, late: str = EXPIRED
    ) -> Done | None:
        """Gives back what `previous` did not use and leaves the entry for later.

        Done when its time is over, which goes on record as a failure for the reason `late`.
        """
        ...

    async def give_up(self, tenure: Tenure, entry: Entry, previous: Fate, reason: str, now_ms: int) -> None:
        """Gives back what `previous` did not use and takes the entry from its lane as one that failed.

        A message of which somebody took a copy before is not said to have failed because of it.
        """
        ...

    async def settle(self, tenure: Tenure, entry: Entry, ending: Sent | Unsent, now_ms: int) -> Done | None:
        """Takes the entry from its lane, records how it ended, and until when its receipt is waited for."""
        ...
