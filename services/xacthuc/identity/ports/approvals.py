"""Where approvals are kept, and what carries out the acts that were granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.approvals import (
        Act,
        Approval,
        ApprovalBar,
        ApprovalState,
        Executed,
        Failed,
    )


class Executor(Protocol):
    """Carries out acts of one kind. Registered by kind in `assembly.py`; without one, the kind cannot be proposed."""

    async def check(self, act: Act) -> None:
        """Raises the XacthucError that tells the proposer why the act could not be carried out as things are.

        A kindness to two people's time, not a guard: things may change before the act is granted.
        """
        ...

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Carries out a granted act, and says what came of it.

        It may run twice, also after it succeeded: a process can die before the answer is kept. So it is idempotent (its
        effect is a state, or is found by `approval.id`), and writes its own audit entries with
        `actor=f"approval:{approval.id}"` in the transaction of what it changes. Failed is final; an exception is tried
        again as every durable job is, and held for an operator in the end. No transaction is open when it is called.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which approvals to list; None for all."""

    platform: str | None
    state: ApprovalState | None


class Approvals(Protocol):
    """The approvals. A `platform` that is not None hides those of every other."""

    async def add(self, order: Order, approval: Approval, now: datetime) -> Approval | None:
        """Keeps a proposal once per request id, with the job that ends it; None when there is no such platform."""
        ...

    async def get(self, approval_id: str, platform: str | None) -> Approval | None:
        """Returns an approval."""
        ...

    async def page(self, wanted: Wanted, after: str, limit: int, now: datetime) -> Sequence[Approval]:
        """Returns up to `limit` approvals older than the one whose id is `after`, newest first."""
        ...

    async def decide(
        self,
        order: Order,
        approval_id: str,
        platform: str | None,
        step: Callable[[Approval], Approval | ApprovalBar],
        now: datetime,
    ) -> Approval | ApprovalBar | None:
        """Takes an operator's step under the approval's lock, once per request id; None when there is no such approval.

        A grant commits together with the job that carries it out.
        """
        ...

    async def advance(
        self, approval_id: str, step: Callable[[Approval], Approval | ApprovalBar], now: datetime
    ) -> Approval | None:
        """Takes a step of the service's own, where it can be taken; returns what the approval is then."""
        ...
