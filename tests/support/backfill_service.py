"""What tests of the backfill service hold in their hands: the service as an operator calls it, beside its identity."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import grpc.aio
from backfill_process import BackfillProcess
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from identity_process import IdentityProcess

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.api.backfill.v1 import admin_pb2_grpc, resources_pb2
from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn

Plan = resources_pb2.CampaignPlan
_CALL_SECONDS = 10
_BATCH = 500
_TRIES = 10
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


@asynccontextmanager
async def admin_of(service: BackfillProcess) -> AsyncIterator[admin_pb2_grpc.BackfillAdminStub]:
    """Gives the administrative service as the command line calls it."""
    credentials = TlsFiles(service.identity.tls, "cli").channel_credentials()
    options = [("grpc.ssl_target_name_override", "backfill")]
    async with grpc.aio.secure_channel(service.internal, credentials, options=options) as channel:
        yield admin_pb2_grpc.BackfillAdminStub(channel)


def plan(**changes: Any) -> resources_pb2.CampaignPlan:
    """Returns a plan that asks at once, all day, of everybody."""
    end = Timestamp()
    end.FromDatetime(datetime.now(UTC) + timedelta(days=90))
    whole = {
        "end_time": end,
        "hours": "00:00-24:00",
        "ladder": [Plan.Wave()],
        "canary": Plan.Canary(least_count=1, most_failed_percent=100),
        "budget": Plan.Budget(
            daily_vnd=-1, total_vnd=-1, daily_notices=-1, person_notices=6, person_gap=Duration(seconds=86_400)
        ),
        "providers": [Plan.Provider(provider="first", channel="sms", cost_vnd=800, per_second=1000, weight=100)],
    }
    return Plan(**{**whole, **changes})


def target(account: str, number: str = "", account_class: str = "NEEDS_PHONE") -> resources_pb2.Target:
    """Returns an account to ask."""
    return resources_pb2.Target(account=f"accounts/{account}", account_class=account_class, phone_number=number)


class Desk:
    """A platform's campaigns as an officer runs them."""

    def __init__(self, admin: admin_pb2_grpc.BackfillAdminStub, platform: str) -> None:
        self.admin, self.platform = admin, platform

    async def ask(self, method: str, campaign: str = "spring", **fields: Any) -> Any:
        """Calls a method about a campaign; writes get a request id of their own."""
        request = getattr(pb2, f"{method}Request")
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            fields.setdefault("request_id", str(uuid4()))
        if "name" in request.DESCRIPTOR.fields_by_name:
            fields["name"] = f"platforms/{self.platform}/campaigns/{campaign}"
        return await getattr(self.admin, method)(request(**fields), timeout=_CALL_SECONDS)

    async def create(self, campaign: str = "spring", **fields: Any) -> resources_pb2.Campaign:
        """Makes a campaign."""
        named = {"parent": f"platforms/{self.platform}", "campaign_id": campaign}
        return await self.ask("CreateCampaign", **{**named, "plan": plan(), **fields})

    async def add(self, *targets: resources_pb2.Target, campaign: str = "spring") -> pb2.AddTargetsResponse:
        """Adds accounts."""
        return await self.ask("AddTargets", campaign, targets=targets)

    async def figures(self, campaign: str = "spring") -> resources_pb2.CampaignFigures:
        """Returns what became of how many."""
        return await self.ask("GetCampaign", campaign)

    async def standings(self, campaign: str = "spring") -> dict[str, int]:
        """Returns how many accounts stand where."""
        counted: dict[str, int] = {}
        for each in (await self.figures(campaign)).standings:
            state = resources_pb2.CampaignFigures.Standing.State.Name(each.state)
            counted[state] = counted.get(state, 0) + each.account_count
        return counted


async def imported(
    identity: IdentityProcess, platform: str, accounts: list[str], grace: timedelta = timedelta()
) -> None:
    """Has identity know accounts, as an import does; with a `grace`, that the law lets them go on for so long.

    What a busy machine does not answer is sent again as it was, which the contract answers as it did the first time.
    """
    ends = Timestamp()
    ends.FromDatetime(datetime.now(UTC) + grace)
    covered = internal_pb2.ImportedAccount.Transition(end_time=ends, legal_basis="Decree 333/2026") if grace else None
    credentials = TlsFiles(identity.tls, "backfill").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]

    rows = [
        internal_pb2.ImportedAccount(
            account_id=account,
            full_name="Nguyễn An",
            birth_date=date_pb2.Date(year=1990, month=1, day=2),
            transition=covered,
        )
        for account in accounts
    ]
    batches = [
        internal_pb2.ImportAccountsRequest(batch_id=str(uuid4()), rows=rows[at : at + _BATCH])
        for at in range(0, len(rows), _BATCH)
    ]
    done = imported = 0
    async with grpc.aio.secure_channel(identity.internal, credentials, options=options) as channel:
        stub = internal_pb2_grpc.IdentityInternalStub(channel)
        for tries in range(_TRIES):
            try:
                metadata = (("x-xacthuc-platform", platform),)
                async for answer in stub.ImportAccounts(iter(batches[done:]), metadata=metadata):
                    done, imported = done + 1, imported + answer.counts.imported
                break
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AWAY or tries == _TRIES - 1:
                    raise
    assert imported == len(accounts)


async def granted(identity: IdentityProcess, preview: resources_pb2.RestrictionPreview, count: int = 0) -> str:
    """Puts on record that two people agreed to what was counted, or to other `count`; returns the approval's name."""
    approval = uuid4().hex[:12]
    counted = {
        "campaign": preview.campaign,
        "account_count": str(count or preview.account_count),
        "as_of_time": preview.as_of_time.ToJsonString(),
        "basis": "order 12/2026",
    }
    connection = await asyncpg.connect(dsn(identity.database_url))
    try:
        await connection.execute(
            "INSERT INTO identity.approvals (approval, platform, kind, parameters, reason, proposer, request_id, state,"
            " create_time, expire_time, decider, decision_reason, decide_time, end_time, result) VALUES"
            " ($1, $2, 'TRANSITION_END', $3, 'over', 'an', $1, 'EXECUTED', now(), now(), 'binh', '', now(), now(), '{}')",
            *(approval, preview.campaign.split("/")[1], json.dumps(counted)),
        )
    finally:
        await connection.close()
    return f"approvals/{approval}"
