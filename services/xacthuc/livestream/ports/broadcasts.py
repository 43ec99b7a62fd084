"""Broadcasts, kept. A decision takes two steps, since nothing remote is asked with a transaction open.

`prepare` comes first and is committed before identity is asked; `settle` writes what follows, unless something was heard
of the account meanwhile. Whoever hears of a change afterwards finds the broadcast; whoever heard before is noticed here. So
no change falls between the answer of identity and the commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.livestream.domain.broadcast import Bar, Broadcast, Outcome
    from xacthuc.livestream.domain.broadcaster import Broadcaster, Verdict
    from xacthuc.order import Order
    from xacthuc.policy import DeclarationKind, Ruling


class Cause(StrEnum):
    """What something is decided for. Never renamed: the record keeps it."""

    AUTHORIZE = "AUTHORIZE"
    RENEW = "RENEW"
    DECLARE = "DECLARE"
    ACCOUNT = "ACCOUNT"
    """Something happened to the account, or the answer changed by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Something that is shown for sale."""

    kind: DeclarationKind
    product_id: str
    show_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A broadcast with its name."""

    broadcast_id: str
    broadcast: Broadcast
    declarations: int
    """How many things were declared for sale in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What was decided about a broadcast, as it is answered."""

    kept: Kept
    ruling: Ruling
    verdict: Verdict
    time: datetime
    """When; its grant begins then."""


class Prepared(NamedTuple):
    """What has to be known before identity is asked."""

    account_id: str
    heard: int
    """How often something was heard of the account."""
    since: datetime | None = None
    """When the broadcast was cleared, where it is known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step to be taken."""

    cause: Cause
    broadcast_id: str
    account_id: str = field(repr=False)
    heard: int
    who: Broadcaster
    decide: Callable[[Broadcast | None, int, datetime], Outcome | Bar]
    """Takes what is known of the broadcast, how many others of the account are on air, and the time."""
    declared: Sequence[Declared] = ()


class Unsettled(StrEnum):
    """Why nothing was written."""

    STALE = "STALE"
    """Something was heard of the account, or written beside this: ask again."""


class Broadcasts(Protocol):
    """Every broadcast of every platform."""

    async def prepare(self, order: Order, account_id: str) -> Prepared | Cleared:
        """Commits that the account is about to be asked about; the answer when the order was carried out before."""
        ...

    async def prepare_known(self, order: Order, broadcast_id: str) -> Prepared | Cleared | Bar | None:
        """Does the same for the account of a running broadcast; None when there is no such broadcast."""
        ...

    async def settle(self, order: Order, step: Step, now: datetime) -> Cleared | Bar | Unsettled:
        """Takes the step in one commit with its record, its event and the answer for repetitions."""
        ...

    async def end(
        self, order: Order, broadcast_id: str, decide: Callable[[Broadcast], Broadcast | Bar], now: datetime
    ) -> Kept | Bar | None:
        """Ends a broadcast in one commit; None when there is no such broadcast."""
        ...

    async def get(self, platform: str, broadcast_id: str) -> Kept | None:
        """Returns a broadcast; None when there is none."""
        ...

    async def on_air(self, platform: str, account_id: str, but: str) -> int:
        """Returns how many broadcasts of an account are LIVE beside one."""
        ...

    async def list_live(self, platform: str, after: str, limit: int) -> list[Kept]:
        """Returns a platform's LIVE broadcasts behind an id, by id."""
        ...
