"""Who is unverified may only read once two people agreed to that, goes on once it is undone, and nobody else is touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
from backfill_service import Desk, granted, imported, target
from identity_process import IdentityProcess
from identity_service import NUMBER, Api, Platform, reason_of, refusal

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

GRACE = timedelta(days=60)
Restriction = resources_pb2.Restriction
READ, POST = identity_pb2.READ, identity_pb2.POST


@pytest.fixture
async def covered(desk: Desk, platform: Platform, deployment: IdentityProcess, eventually) -> None:
    """A campaign over three accounts that a grace covers, each of whom was told of."""
    accounts = ["an", "binh", "chi"]
    await imported(deployment, platform.name, accounts, GRACE)
    await desk.create()
    await desk.add(*map(target, accounts))
    await desk.ask("StartCampaign")

    async def told() -> bool:
        return await desk.standings() == {"ASKED": 3}

    await eventually(told)


async def allowed(platform: Platform, account: str, action: Any = POST) -> bool:
    return (await platform.check(account, action)).allowed


async def until(desk: Desk, eventually: Any, state: Restriction.State.ValueType) -> Restriction:
    """Waits until the one restriction of the campaign has come so far."""

    async def come() -> bool:
        (kept,) = (await desk.figures()).restrictions
        return kept.state == state

    await eventually(come)
    return (await desk.figures()).restrictions[0]


async def restricted(desk: Desk, deployment: IdentityProcess, eventually: Any, count: int = 0) -> str:
    """Has done what is counted; returns the approval."""
    approval = await granted(deployment, await desk.ask("PreviewRestriction"), count)
    await desk.ask("RestrictCampaign", approval=approval)
    await until(desk, eventually, Restriction.DONE)
    return approval


@pytest.mark.usefixtures("covered")
@pytest.mark.rule("R5")
async def test_who_is_unverified_only_reads_and_goes_on_once_that_is_undone(
    desk: Desk, platform: Platform, deployment: IdentityProcess, eventually
):
    counted = await desk.ask("PreviewRestriction")
    assert (counted.account_count, [each.unasked_count for each in counted.groups]) == (3, [0])
    assert (counted.grace_count, counted.last_grace_time.ToDatetime(UTC) > datetime.now(UTC)) == (3, True)
    assert await allowed(platform, "an")
    approval = await restricted(desk, deployment, eventually)

    async def only_reads(account: str) -> bool:
        return await allowed(platform, account, READ) and not await allowed(platform, account)

    await eventually(lambda: only_reads("an"))
    assert await desk.standings() == {"RESTRICTED": 3}
    assert (await desk.ask("PreviewRestriction")).account_count == 0

    await desk.ask("UndoRestriction", approval=approval, reason="wrong list")
    undone = await until(desk, eventually, Restriction.UNDONE)
    assert (undone.ended_count, undone.restored_count, undone.reason) == (3, 3, "wrong list")
    await eventually(lambda: allowed(platform, "an"))
    # Again nothing is done: an approval is used once.
    assert (await desk.ask("RestrictCampaign", approval=approval)).state == Restriction.UNDONE


@pytest.mark.usefixtures("covered")
async def test_who_verifies_before_it_is_left_out_and_who_verifies_after_it_is_let_on(
    api: Api, desk: Desk, platform: Platform, deployment: IdentityProcess, eventually
):
    approval = await granted(deployment, await desk.ask("PreviewRestriction"))
    await platform.verify("an", api.otp.prove(NUMBER, "an"))
    await desk.ask("RestrictCampaign", approval=approval)
    done = await until(desk, eventually, Restriction.DONE)
    await platform.verify("binh", api.otp.prove("+84912345679", "binh"))

    async def stand() -> bool:
        return await desk.standings() == {"RESTRICTED": 1, "VERIFIED": 2}

    await eventually(stand)
    assert done.ended_count == 2
    await eventually(lambda: allowed(platform, "binh"))
    assert await allowed(platform, "an")
    await desk.ask("UndoRestriction", approval=approval, reason="wrong list")
    assert (await until(desk, eventually, Restriction.UNDONE)).restored_count == 1
    assert await desk.standings() == {"ASKED": 1, "VERIFIED": 2} or await desk.standings() == {"OPEN": 1, "VERIFIED": 2}


@pytest.mark.usefixtures("covered")
async def test_no_more_accounts_are_restricted_than_were_agreed_to(
    desk: Desk, platform: Platform, deployment: IdentityProcess, eventually
):
    await restricted(desk, deployment, eventually, count=2)

    assert await desk.standings() == {"RESTRICTED": 2, "ASKED": 1}
    assert sorted([await allowed(platform, account) for account in ("an", "binh", "chi")]) == [False, False, True]


async def test_who_has_no_grace_loses_nothing_and_is_counted_so(desk: Desk, platform: Platform, deployment, eventually):
    await platform.register("an")
    await desk.create()
    assert "start the campaign first" in (await refusal(desk.ask("PreviewRestriction"))).details()
    await desk.add(target("an"))
    await desk.ask("StartCampaign")
    counted = await desk.ask("PreviewRestriction")
    assert (counted.account_count, counted.HasField("grace_count"), counted.grace_count) == (1, True, 0)
    assert not counted.HasField("last_grace_time")
    await restricted(desk, deployment, eventually)

    (kept,) = (await desk.figures()).restrictions
    assert (kept.taken_count, kept.ended_count) == (1, 0)
    assert "RESTRICTED" not in await desk.standings()


@pytest.mark.usefixtures("covered")
async def test_what_nobody_agreed_to_or_agreed_to_of_another_campaign_is_refused(desk: Desk, deployment):
    counted = await desk.ask("PreviewRestriction")
    other = resources_pb2.RestrictionPreview(
        campaign=f"{counted.campaign}-2", as_of_time=counted.as_of_time, account_count=3
    )
    error = await refusal(desk.ask("RestrictCampaign", approval=await granted(deployment, other)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    unknown = f"approvals/{uuid4().hex[:12]}"
    for call in (
        desk.ask("RestrictCampaign", approval=unknown),
        desk.ask("UndoRestriction", approval=unknown, reason="x"),
    ):
        assert reason_of(await refusal(call)) is Reason.APPROVAL_NOT_FOUND


@pytest.mark.usefixtures("covered")
@pytest.mark.rule("R50")
async def test_restricting_and_undoing_are_on_record(desk: Desk, deployment: IdentityProcess, eventually):
    approval = await restricted(desk, deployment, eventually)
    await desk.ask("UndoRestriction", approval=approval, reason="wrong list")
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        query = "SELECT tag, actor FROM backfill.audit WHERE platform = $1 AND tag LIKE '%restrict%' ORDER BY id"
        written = [tuple(row) for row in await connection.fetch(query, desk.platform)]
    finally:
        await connection.close()

    assert written == [
        ("backfill:campaign:restricted", "operator:development"),
        ("backfill:campaign:restriction_undone", "operator:development"),
    ]
