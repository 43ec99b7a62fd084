"""Officers who release what is held on accounts to an authority, on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from xacthuc.credentials.staff import Operator, Role
from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound, PermissionDenied
from xacthuc.identity.adapters.approvals.authority_release import AuthorityRelease
from xacthuc.identity.adapters.approvals.sql_approvals import SqlApprovals
from xacthuc.identity.adapters.releases.documents import Documents
from xacthuc.identity.adapters.retention.filling import Filling
from xacthuc.identity.adapters.sessions.keys import SessionKeys
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.commands import DecideApproval, ProposeAct
from xacthuc.identity.domain.approvals import Act, ApprovalKind, Step
from xacthuc.identity.domain.releases import LARGEST_BYTES, Demanded, Field
from xacthuc.identity.usecases import approvals, releases
from xacthuc.identity.usecases.approvals import FourEyes
from xacthuc.jobs.job import Done, Job

PLATFORM = "forum"
AN, BINH, CHI = (Operator(name, frozenset({Role.OFFICER})) for name in ("an", "binh", "chi"))
DAY = timedelta(days=1)
EVERY = tuple(Field)


class Desk:
    """Officers at work."""

    def __init__(self, bench, engine, *, largest_bytes=LARGEST_BYTES):
        filling = Filling(engine, bench.keys, SessionKeys(bench.keys))
        self.bench, self.identity = bench, bench.identity
        self.documents = Documents(engine, bench.keys, filling, bench.clock, largest_bytes=largest_bytes)
        executor = AuthorityRelease(bench.identity.releases, self.documents, bench.clock, DAY)
        self.eyes = FourEyes(
            clock=bench.clock,
            approvals=SqlApprovals(engine, SqlRequests(bench.personal)),
            executors={ApprovalKind.AUTHORITY_RELEASE: executor},
            open_for=timedelta(hours=72),
            appended=lambda: None,
        )

    async def record(self, *accounts, fields=EVERY, order=None, emergency=False, **changes):
        asked = Demanded(
            accounts=accounts or ("u1",),
            authority="A05",
            legal_basis="Law 116/2025/QH15 Art. 25",
            reference="12/CV-A05",
            receive_time=self.bench.clock.now(),
            emergency=emergency,
            fields=fields,
        )
        order = order or self.bench.order("", "RecordRelease")
        return await releases.record(self.identity, order, replace(asked, **changes))

    async def propose(self, release, fields=None, operator=AN, platform=PLATFORM):
        name = f"platforms/{release.platform}/releases/{release.release_id}"
        parameters = {"release": name, "fields": [field.value for field in fields or release.demanded.fields]}
        act = Act(ApprovalKind.AUTHORITY_RELEASE, platform, parameters)
        order = replace(self.bench.order("", "CreateApproval"), platform=platform, actor=f"operator:{operator.id}")
        return await approvals.propose(
            self.eyes, ProposeAct(order=order, operator=operator, act=act, reason="read 12/CV-A05")
        )

    async def grant(self, approval, operator=BINH):
        return await self.decide(approval, Step.GRANT, operator)

    async def decide(self, approval, step, operator=BINH):
        command = DecideApproval(
            order=replace(
                self.bench.order("", f"{step.value.title()}Approval"), platform="", actor=f"operator:{operator.id}"
            ),
            operator=operator,
            approval_id=approval.id,
            platform=None,
            step=step,
            reason="",
        )
        return await approvals.decide(self.eyes, command)

    async def carry_out(self, approval):
        return await approvals.carry_out(self.eyes, Job("APPROVAL", approval.id))

    async def make(self, release, fields=None):
        approval = await self.propose(release, fields)
        await self.grant(approval)
        assert await self.carry_out(approval) == Done("EXECUTED")
        return approval

    async def fetch(self, release, operator=AN, request_id=None):
        order = self.bench.order("", "FetchRelease", request_id)
        handed = await releases.fetch(self.identity, order, operator, release.release_id)
        return json.loads(handed.document)

    async def destroy(self, release, approval):
        payload = {"platform": release.platform, "release": release.release_id}
        return await self.documents.destroy(Job("RELEASE_DOCUMENT", approval.id, payload))

    async def state(self, release):
        found = await releases.get(self.identity, PLATFORM, release.release_id)
        return found.state_at(self.bench.clock.now())


async def refused(call):
    with pytest.raises((FailedPrecondition, NotFound, PermissionDenied, InvalidRequest)) as caught:
        await call
    return caught.value.reason
