"""Two officers at one desk, on the shipped adapters: what they propose, adopt and grant, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from xacthuc.credentials.staff import Operator, Role
from xacthuc.grpckit.errors import FailedPrecondition, NotFound, PermissionDenied
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.approvals.done_elsewhere import done_elsewhere
from xacthuc.identity.adapters.approvals.lock_acts import lock_acts
from xacthuc.identity.adapters.approvals.sql_approvals import SqlApprovals
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.commands import DecideApproval, ProposeAct
from xacthuc.identity.domain.approvals import Act, ApprovalKind, ApprovalState, Step
from xacthuc.identity.ports.approvals import Wanted
from xacthuc.identity.usecases import approvals
from xacthuc.identity.usecases.approvals import FourEyes
from xacthuc.jobs.job import Job

PLATFORM = "forum"
AN, BINH = (Operator(name, frozenset({Role.OFFICER})) for name in ("an", "binh"))
OPS = Operator("chi", frozenset({Role.OPS}))


class Officers:
    """Two of them at one desk."""

    @classmethod
    async def at_work(cls, bench: Any, engine: Any) -> Officers:
        order = replace(bench.order(PLATFORM, "CreatePlatform"), platform="")
        await bench.identity.platforms.create(order, PLATFORM, "Forum", bench.clock.now())
        return cls(bench, engine)

    def __init__(self, bench: Any, engine: Any) -> None:
        self.bench = bench
        self.told: list[set[str]] = []
        self.eyes = FourEyes(
            clock=bench.clock,
            approvals=SqlApprovals(engine, SqlRequests(bench.personal)),
            executors={
                **done_elsewhere(engine, bench.clock),
                **lock_acts(engine, bench.clock, bench.identity.locks, self.follow),
            },
            open_for=timedelta(hours=72),
            appended=lambda: None,
        )

    async def follow(self, platform: str, changed: Any) -> None:
        self.told.append(set(changed))
        await self.bench.identity.follow(platform, changed)

    async def propose(self, kind: ApprovalKind, *accounts: str, **more: str) -> Any:
        named = [f"accounts/{account}" for account in accounts]
        about = {"account": named[0]} if kind is ApprovalKind.PERMANENT_LOCK else {"accounts": named}
        act = Act(kind, PLATFORM, {**about, "basis": "order 12/2026", **more})
        order = replace(self.bench.order(f"{kind}{named}", "CreateApproval"), platform=PLATFORM, actor="operator:an")
        return await approvals.propose(self.eyes, ProposeAct(order=order, operator=AN, act=act, reason="order 12/2026"))

    async def take(self, step: Step, approval: Any, operator: Operator) -> Any:
        order = replace(self.bench.order(step), platform="", actor=f"operator:{operator.id}")
        command = DecideApproval(
            order=order, operator=operator, approval_id=approval.id, platform=None, step=step, reason="read it"
        )
        return await approvals.decide(self.eyes, command)

    async def run(self, approval: Any) -> Any:
        return await approvals.carry_out(self.eyes, Job("APPROVAL", approval.id))

    async def do(self, kind: ApprovalKind, *accounts: str, **more: str) -> Any:
        """Takes an act all the way; returns what came of it."""
        made = await self.propose(kind, *accounts, **more)
        await self.take(Step.GRANT, made, BINH)
        await self.run(made)
        return (await approvals.get(self.eyes, made.id, None)).outcome

    async def proposed(self) -> Any:
        """Returns what waits for two people."""
        found, _ = await approvals.page(self.eyes, Wanted(PLATFORM, ApprovalState.PROPOSED), "", 10)
        return found


async def refused(call: Any) -> Reason:
    """Returns why a call that must not succeed was refused."""
    with pytest.raises((FailedPrecondition, NotFound, PermissionDenied)) as caught:
        await call
    return caught.value.reason
