"""WatchAccounts and its internal twin over real gRPC: what is told to whom, from where on, and which cursors are refused."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import grpc
import grpc.aio
import pytest
from grpc import StatusCode
from identity_service import NUMBER, Platform, faults_of, reason_of

from xacthuc.api.identity.v1 import admin_pb2, events_pb2, internal_pb2, internal_pb2_grpc, service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn
from xacthuc.watching.places import Places

SECONDS = 20
Kind = events_pb2.AccountEvent.Kind


class Watching:
    """One stream, read a batch at a time."""

    def __init__(self, call):
        self.call, self.answers = call, aiter(call)
        self.cursor = ""

    async def batch(self):
        answer = await anext(self.answers)
        self.cursor = answer.cursor
        return answer

    async def events(self, count):
        """Reads until so many events came."""
        found = []
        while len(found) < count:
            found += (await self.batch()).events
        return found

    async def kinds(self, count):
        return [Kind.Name(event.kind) for event in await self.events(count)]


@pytest.fixture
async def internal(deployment):
    channels = []

    def of(peer):
        credentials = TlsFiles(deployment.tls, peer).channel_credentials()
        channels.append(
            grpc.aio.secure_channel(
                deployment.internal, credentials, options=[("grpc.ssl_target_name_override", "identity")]
            )
        )
        return internal_pb2_grpc.IdentityInternalStub(channels[-1])

    yield of
    for channel in channels:
        await channel.close()


@asynccontextmanager
async def watching(platform, cursor=""):
    call = platform._service.WatchAccounts(
        service_pb2.WatchAccountsRequest(cursor=cursor), metadata=platform._metadata, timeout=SECONDS
    )
    yield Watching(call)
    call.cancel()


@asynccontextmanager
async def watching_all(stub, cursor="", recent=0):
    call = stub.WatchAllAccounts(
        internal_pb2.WatchAllAccountsRequest(cursor=cursor, recent_changes=recent), timeout=SECONDS
    )
    yield Watching(call)
    call.cancel()


async def start(platform):
    """Returns the cursor of this moment."""
    page = await platform.ask("ListAccounts", service_pb2.ListAccountsRequest(page_size=1))
    return page.watch_cursor


async def places(deployment):
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        return Places(await connection.fetchval("SELECT secret FROM identity.outbox_head"))
    finally:
        await connection.close()


async def test_what_happens_is_told_as_it_happens_in_order(api, platform):
    async with watching(platform, await start(platform)) as stream:
        await platform.register("an")
        await platform.verify("an", api.otp.prove(NUMBER, "an"))
        await platform.revoke("an")

        events = await stream.events(3)

    assert [Kind.Name(event.kind) for event in events] == [
        "ACCOUNT_REGISTERED",
        "PHONE_VERIFIED",
        "REVERIFICATION_REQUIRED",
    ]
    assert {event.account for event in events} == {"accounts/an"}
    assert len({event.name for event in events}) == 3
    assert {event.platform for event in events} == {""}
    assert events[0].details == {"awaits_guardian": "false"}


async def test_the_first_answer_comes_at_once_also_when_nothing_happened(platform):
    async with watching(platform, await start(platform)) as stream:
        answer = await asyncio.wait_for(stream.batch(), 2)

    assert (list(answer.events), len(answer.cursor)) == ([], 22)


async def test_a_watcher_goes_on_behind_its_cursor_and_names_stay(platform):
    begin = await start(platform)
    for account in ("an", "binh", "chi"):
        await platform.register(account)
    async with watching(platform, begin) as stream:
        whole = await stream.events(3)
    async with watching(platform, begin) as stream:
        first = (await stream.events(1))[0]
    async with watching(platform, begin) as again:
        repeated = await again.events(3)

    assert first.name == whole[0].name
    assert [one.name for one in repeated] == [one.name for one in whole]


async def test_a_platform_is_told_of_its_own_accounts_alone_and_a_service_of_all(api, platform, internal):
    other = await Platform.create(api)
    begin = await start(platform)
    await other.register("binh")
    await platform.register("an")

    async with watching(platform, begin) as own, watching_all(internal("guardian"), begin) as every:
        (mine,) = await own.events(1)
        told = {(event.platform, event.account): event.name for event in await every.events(2)}

    assert mine.account == "accounts/an"
    assert told.keys() >= {(f"platforms/{platform.name}", "accounts/an"), (f"platforms/{other.name}", "accounts/binh")}
    assert told[f"platforms/{platform.name}", "accounts/an"] == mine.name


async def test_a_batch_of_an_import_is_told_account_by_account(platform, internal):
    rows = [internal_pb2.ImportedAccount(account_id=f"old-{number}") for number in range(1000)]
    request = internal_pb2.ImportAccountsRequest(batch_id=str(uuid4()), rows=rows)
    begin = await start(platform)
    answers = internal("backfill").ImportAccounts(
        iter([request]), metadata=(("x-xacthuc-platform", platform.name),), timeout=SECONDS
    )
    assert [answer.counts.imported async for answer in answers] == [1000]

    async with watching(platform, begin) as stream:
        events = await stream.events(1000)
    async with watching(platform, begin) as stream:
        repeated = await stream.events(1000)

    assert {event.account for event in events} == {f"accounts/old-{number}" for number in range(1000)}
    assert {Kind.Name(event.kind) for event in events} == {"ACCOUNT_IMPORTED"}
    assert len({event.name for event in events}) == 1000
    assert [event.name for event in events] == [event.name for event in repeated]


async def test_without_a_cursor_it_begins_with_what_is_kept_or_so_many_changes_ago(platform, internal):
    for account in ("an", "binh", "chi"):
        await platform.register(account)
    async with watching(platform) as stream:
        everything = await stream.events(3)
    async with watching_all(internal("cli"), recent=2) as stream:
        newest = await stream.events(2)

    assert [event.account for event in everything] == ["accounts/an", "accounts/binh", "accounts/chi"]
    assert [event.name for event in newest] == [event.name for event in everything[1:]]


async def test_no_change_falls_between_listing_and_watching(platform):
    await platform.register("an")
    page = await platform.ask("ListAccounts", service_pb2.ListAccountsRequest())
    await platform.register("binh")

    told = []
    async with watching(platform, page.watch_cursor) as stream:
        while "accounts/binh" not in told:
            told += [event.account for event in await stream.events(1)]

    assert [account.name for account in page.accounts] == ["accounts/an"]
    # Of what was listed a moment after it happened, one may be told again.
    assert set(told) <= {"accounts/an", "accounts/binh"}


@pytest.mark.parametrize("cursor", ["A" * 22, "x", "a" * 23, "=" * 22])
async def test_a_cursor_that_was_made_up_is_refused_by_name(platform, cursor):
    async with watching(platform, cursor) as stream:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream.batch()

    assert refused.value.code() is StatusCode.INVALID_ARGUMENT
    assert faults_of(refused.value) == {"cursor"}


async def test_an_event_is_no_cursor(platform):
    await platform.register("an")
    async with watching(platform) as stream:
        (event,) = await stream.events(1)
    async with watching(platform, event.name.removeprefix("events/")) as stream:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream.batch()

    assert faults_of(refused.value) == {"cursor"}


async def test_a_cursor_of_the_future_is_refused_as_one(deployment, platform):
    ahead = (await places(deployment)).cursor(10**12)
    async with watching(platform, ahead) as stream:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream.batch()

    assert (refused.value.code(), reason_of(refused.value)) == (StatusCode.OUT_OF_RANGE, Reason.CURSOR_AHEAD)


async def test_only_services_on_the_list_and_keys_that_read_may_watch(api, platform, internal):
    async with watching_all(internal("otp")) as stream:
        await stream.batch()
    key = await api.new_key(platform.name, admin_pb2.PlatformKey.OTP)
    refusals = []
    for call in (
        internal("identity").WatchAllAccounts(internal_pb2.WatchAllAccountsRequest(), timeout=SECONDS),
        api.service.WatchAccounts(
            service_pb2.WatchAccountsRequest(),
            metadata=(("authorization", f"Bearer {key.secret}"),),
            timeout=SECONDS,
            wait_for_ready=True,
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(aiter(call))
        refusals.append(reason_of(refused.value))

    assert refusals[0] is Reason.PEER_NOT_ALLOWED
    assert refusals[1] in {Reason.SCOPE_MISSING, Reason.CREDENTIALS_UNKNOWN}


async def test_a_hundred_watchers_see_the_same(platform):
    begin = await start(platform)

    async def names():
        async with watching(platform, begin) as stream:
            return [event.name for event in await stream.events(20)]

    watchers = [asyncio.create_task(names()) for _ in range(100)]
    for number in range(20):
        await platform.register(f"u{number}")
    seen = await asyncio.gather(*watchers)

    assert {tuple(each) for each in seen} == {tuple(seen[0])}
