"""`kill -9` between a grant and what it grants: it is done, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import oidc_provider
import pytest
from identity_service import Api, Platform
from staff_world import GROUPS, Staff, channel_of, in_production

from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, service_pb2
from xacthuc.sql.migrations import dsn

Approval = approval_admin_pb2.Approval
LEASE = timedelta(seconds=40)
"""The killed process may have taken the job, which another one may not touch for 16 s (decision 20)."""


@pytest.fixture
async def staff(unstarted):
    with oidc_provider.running() as provider:
        secret = in_production(unstarted, provider.issuer, GROUPS)
        await asyncio.to_thread(unstarted.start)
        async with channel_of(unstarted) as channel:
            yield Staff(unstarted, provider, channel, secret)


async def test_what_was_granted_is_done_once_although_every_process_died_after_the_grant(
    staff, unstarted, own_postgres, eventually
):
    an = await staff.sign_in("an", groups=["compliance"])
    binh = await staff.sign_in("binh", groups=["admins"])
    await binh.admin("CreatePlatform", platform_id="forum", display_name="Forum")
    key = await binh.admin("CreatePlatformKey", parent="platforms/forum", scopes=[admin_pb2.PlatformKey.IDENTITY])
    api = Api(unstarted)
    platform = Platform(api, "forum", key)
    await platform.until_known()
    await platform.register("u1")
    await platform.ask("CloseAccount", service_pb2.CloseAccountRequest(name="accounts/u1", request_id=str(uuid4())))
    proposed = await an.propose_destruction("forum", "u1")
    blocker = await asyncpg.connect(dsn(own_postgres.url))

    held = blocker.transaction()
    await held.start()
    await blocker.execute("SELECT 1 FROM identity.accounts WHERE account = 'u1' FOR UPDATE")
    granted = await binh.approvals("GrantApproval", name=proposed.name)
    unstarted.kill()
    assert granted.state == Approval.GRANTED
    await held.rollback()
    assert await blocker.fetchval("SELECT life FROM identity.accounts WHERE account = 'u1'") == "CLOSED"
    await asyncio.to_thread(unstarted.start)

    async def is_done():
        return (await an.approvals("GetApproval", name=proposed.name)).state == Approval.EXECUTED

    await eventually(is_done, within=LEASE)
    tags = [row["tag"] for row in await blocker.fetch("SELECT tag FROM identity.audit ORDER BY id")]
    assert [tags.count(f"identity:{tag}") for tag in ("approval:granted", "approval:executed", "account:erased")] == [
        1,
        1,
        1,
    ]
    await blocker.close()
    await api.close()


async def test_a_restriction_of_many_goes_on_where_a_killed_process_left_it_and_locks_nobody_twice(
    staff, unstarted, own_postgres, eventually
):
    an = await staff.sign_in("an", groups=["compliance"])
    binh = await staff.sign_in("binh", groups=["compliance", "admins"])
    await binh.admin("CreatePlatform", platform_id="forum", display_name="Forum")
    key = await binh.admin("CreatePlatformKey", parent="platforms/forum", scopes=[admin_pb2.PlatformKey.IDENTITY])
    api = Api(unstarted)
    platform = Platform(api, "forum", key)
    await platform.until_known()
    accounts = [f"u{number}" for number in range(6)]
    for account in accounts:
        await platform.register(account)
    act = approval_admin_pb2.Act(
        restrict_accounts=approval_admin_pb2.RestrictAccounts(
            accounts=[f"accounts/{account}" for account in accounts], basis="order 12/2026"
        )
    )
    proposed = await an.approvals("CreateApproval", platform="platforms/forum", act=act, reason="order 12/2026")
    blocker = await asyncpg.connect(dsn(own_postgres.url))

    async def locked():
        return [row["account"] for row in await blocker.fetch("SELECT account FROM identity.locks ORDER BY account")]

    held = blocker.transaction()
    await held.start()
    await blocker.execute("SELECT 1 FROM identity.accounts WHERE account = 'u3' FOR UPDATE")
    await binh.approvals("GrantApproval", name=proposed.name)

    async def is_half_done():
        return await locked() == accounts[:3]

    await eventually(is_half_done)
    unstarted.kill()
    await held.rollback()
    assert await locked() == accounts[:3]
    await asyncio.to_thread(unstarted.start)

    async def is_done():
        return (await an.approvals("GetApproval", name=proposed.name)).state == Approval.EXECUTED

    await eventually(is_done, within=LEASE)
    assert await locked() == accounts
    told = "SELECT subject FROM identity.outbox WHERE kind = 'ACCOUNT_LOCKED' ORDER BY subject"
    assert [row["subject"] for row in await blocker.fetch(told)] == accounts
    done = await an.approvals("GetApproval", name=proposed.name)
    assert dict(done.result) == {"locked": "6"}
    await blocker.close()
    await api.close()
