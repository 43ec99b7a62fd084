"""Links between guardians and children, kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from xacthuc.guardian.domain.disputes import DisputeCause
    from xacthuc.guardian.domain.family import Objection
    from xacthuc.guardian.domain.links import Declaration, Link, State
    from xacthuc.guardian.domain.relations import Relation
    from xacthuc.guardian.domain.supervision import Supervision
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is to be invited for which child."""

    link: str
    """What the link is to be called."""
    child_id: str = field(repr=False)
    account_id: str | None = field(repr=False)
    number: str | None = field(repr=False)
    """E.164, where no account is invited."""
    relation: Relation
    device: str = field(repr=False)
    """The digest of the device that the child signs up on; empty where it is not told."""
    expire_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of something a day may hold."""

    repeats: int
    per_child: int
    per_person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who takes a child on, and what was found about them."""

    link: str
    guardian_id: str = field(repr=False)
    declaration: Declaration
    suspicions: Collection[DisputeCause]
    beginning: Supervision
    """What the child may do at first."""
    waits: timedelta
    """How long another guardian has to approve, where one answers already."""
    per_day: int
    """How many children one guardian may take on in a day, ..."""
    children: int
    """... and at all."""


class Invited(NamedTuple):
    """Who was invited."""

    account_id: str | None
    number_fits: bool
    """Whether the number that was asked about is the one that was invited, or none was."""
    devices: tuple[str, ...]
    """Digests of devices that the child was seen on."""


class WrongState(NamedTuple):
    """The link does not stand where the act takes it from; None when there is no such link."""

    state: State | None


class Disputed(NamedTuple):
    """Something speaks against a link, and an officer has not decided."""

    link: str
    state: State


class NotAnswering(NamedTuple):
    """By the link that was named for it nobody else answers for the child."""


class Limited(NamedTuple):
    """As many as may be were made."""

    limit: str
    retry_after: timedelta = timedelta(days=1)


class Links(Protocol):
    """Every link of every platform. What is written for an order is answered the same when the order comes again."""

    async def answered(self, order: Order) -> Link | None:
        """Returns what the order was answered before; None when it is new."""
        ...

    async def get(self, platform: str, link: str) -> Link | None:
        """Returns a link; None when there is none."""
        ...

    async def list_of(
        self, platform: str, account_id: str, before: int | None, limit: int
    ) -> tuple[list[Link], int | None]:
        """Returns the links of an account, as the child or the guardian, newest first, and where the next part begins."""
        ...

    async def decline(self, order: Order, link: str, by: str, now: datetime) -> Link | WrongState | NotAnswering:
        """Ends an invitation, or what waits for the approval of the guardian whose link is `by`."""
        ...

    async def revoke(self, order: Order, link: str, now: datetime) -> Link | WrongState:
        """Ends a link at the guardian's wish, in one commit with the word to identity."""
        ...


class Invitations(Protocol):
    """How links come about, each step in one commit."""

    async def invite(self, order: Order, wanted: Invitation, caps: Caps, now: datetime) -> Link | Objection | Limited:
        """Invites somebody, or the same person again."""
        ...

    async def invited(self, platform: str, link: str, number: str) -> Invited | None:
        """Returns whom an invitation is for, and whether `number` (E.164) is who was invited; None without one."""
        ...

    async def confirm(
        self, order: Order, wanted: Confirmation, now: datetime
    ) -> Link | Objection | WrongState | Limited:
        """Keeps what the guardian declared, and decides where the link stands."""
        ...

    async def approve(
        self, order: Order, link: str, by: str, most_children: int, now: datetime
    ) -> Link | Objection | WrongState | Disputed | NotAnswering:
        """Lets another guardian answer as well, by the link of one who does."""
        ...
