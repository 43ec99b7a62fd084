"""What calls of LivestreamService return, and what they are told in parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.livestream_enums import BroadcastState, Ruling

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.client.enums import DecisionReason
    from xacthuc.client.livestream_enums import BroadcastCommerce, BroadcastEnd, CommerceKind, RevocationCause
    from xacthuc.client.results.identity import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A broadcast of an account, and what it is cleared for."""

    name: str
    """`broadcasts/{broadcast}`."""

    account: str = field(repr=False)
    """`accounts/{account}`."""

    state: BroadcastState
    commerce: BroadcastCommerce
    create_time: datetime
    authorize_time: datetime | None
    close_time: datetime | None
    """When it is closed unless its grant is renewed, while it is LIVE."""

    revoke_time: datetime | None
    end_time: datetime | None
    end_reason: BroadcastEnd | None
    declaration_count: int

    @property
    def live(self) -> bool:
        """Whether it may be on air."""
        return self.state is BroadcastState.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave to be on air until a time. `xacthuc.client.grants` verifies it without a call."""

    token: str = field(repr=False)
    expire_time: datetime
    renew_time: datetime
    """When to renew it: early enough that another try still comes in time."""

    commercial: bool
    """Whether it lets anything be sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """What was decided about a broadcast; true only when it goes on as it is meant to."""

    broadcast: Broadcast
    ruling: Ruling
    decision: Decision
    """Why, on which legal basis, and what the person should do next."""

    grant: Grant | None
    """None with CUT."""

    def __bool__(self) -> bool:
        return self.ruling is Ruling.CONTINUE


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledBroadcast:
    """A broadcast of a schedule."""

    account: str = field(repr=False)
    broadcast_id: str
    commercial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFault:
    """Why nothing was decided about a broadcast of a schedule; always false."""

    reason: str
    """As AuthorizeBroadcast fails with it, such as `TOO_MANY_BROADCASTS`."""

    description: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommerceDeclaration:
    """Something for sale that is shown in a broadcast."""

    kind: CommerceKind
    show_time: datetime
    """When it was shown, or is about to be; aware."""

    product_id: str = ""
    """The platform's own id of what is sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A running broadcast that may not go on as it was."""

    name: str
    """The same however often it is told: what repetitions are known by."""

    broadcast: str
    account: str = field(repr=False)
    ruling: Ruling
    cause: RevocationCause
    reason: DecisionReason | None
    """None when it was not renewed."""

    legal_basis: str
    occur_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationBatch:
    """Some revocations, and the cursor to resume behind them; false when there are none."""

    revocations: tuple[Revocation, ...]
    cursor: str

    def __bool__(self) -> bool:
        return bool(self.revocations)
