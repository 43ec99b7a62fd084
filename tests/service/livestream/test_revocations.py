"""What must not go on reaches the media edge of its platform: cut, without goods, or closed by time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import grpc
import pytest
from identity_service import NUMBER, reason_of, refusal
from livestream_service import Studio, channel_to

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2 as pb2
from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

SECONDS = 20
Revocation = pb2.Revocation


@pytest.fixture
async def other_studio(api, service):
    async with channel_to(service) as channel:
        yield await Studio.create(api, channel)


@pytest.fixture
async def vanish(deployment):
    """Takes the time away in which somebody might have renewed a broadcast."""

    async def take(platform, broadcast_id):
        connection = await asyncpg.connect(dsn(deployment.database_url))
        try:
            await connection.execute(
                "UPDATE livestream.broadcasts SET close_time = now() WHERE platform = $1 AND broadcast = $2",
                platform,
                broadcast_id,
            )
        finally:
            await connection.close()

    return take


class Edge:
    """A media edge that hears what must not go on."""

    def __init__(self, call):
        self.call = call
        self.cursor = ""

    async def batch(self):
        answer = await self.call.read()
        assert answer is not grpc.aio.EOF
        self.cursor = answer.cursor
        return list(answer.revocations)

    async def take(self, count):
        found = []
        async with asyncio.timeout(SECONDS):
            while len(found) < count:
                found += await self.batch()
        return found


@asynccontextmanager
async def watching(studio, cursor=""):
    call = studio.stub.WatchRevocations(
        service_pb2.WatchRevocationsRequest(cursor=cursor), metadata=studio.metadata, timeout=SECONDS
    )
    yield Edge(call)
    call.cancel()


@pytest.mark.rule("R3")
async def test_a_locked_account_is_cut_wherever_it_is_on_air_and_nothing_reopens_by_itself(studio):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    await studio.authorize("an", "talk")
    async with watching(studio) as edge:
        await studio.lock("an")
        cut = await edge.take(2)
    await studio.unlock("an")

    assert {each.broadcast for each in cut} == {"broadcasts/shop", "broadcasts/talk"}
    assert {(each.account, each.ruling, each.cause) for each in cut} == {
        ("accounts/an", pb2.CUT, Revocation.ACCOUNT),
    }
    assert {each.reason for each in cut} == {identity_pb2.Decision.LOCKED}
    assert all(each.legal_basis for each in cut)
    assert (await studio.get("shop")).state == pb2.Broadcast.REVOKED
    over = await refusal(studio.renew("shop"))
    assert reason_of(over) == Reason.BROADCAST_STATE
    assert (await studio.authorize("an", "another")).ruling == pb2.CONTINUE


@pytest.mark.rule("R3")
async def test_a_seller_whose_proof_stands_no_longer_sells_no_longer_and_talks_on(api, studio):
    await studio.seller("an")
    await studio.accounts.verify("an", api.otp.prove(NUMBER, "an"))
    await studio.authorize("an", "shop", commercial=True)
    async with watching(studio) as edge:
        await studio.accounts.revoke("an", kinds=[identity_pb2.Evidence.PERSONAL_ID])
        (hidden,) = await edge.take(1)

    after = await studio.get("shop")
    assert (hidden.ruling, hidden.cause) == (pb2.HIDE_GOODS, Revocation.ACCOUNT)
    assert hidden.reason == identity_pb2.Decision.PERSONAL_ID_REQUIRED
    assert (after.state, after.commerce) == (pb2.Broadcast.LIVE, pb2.Broadcast.HIDDEN)


async def test_what_was_declared_and_may_not_be_sold_is_told_to_the_edge_as_well(api, studio):
    await studio.accounts.register("an")
    await studio.accounts.verify("an", api.otp.prove(NUMBER, "an"))
    await studio.authorize("an", "talk")
    async with watching(studio) as edge:
        answer = await studio.declare("talk")
        (hidden,) = await edge.take(1)

    assert hidden.ruling == answer.ruling == pb2.HIDE_GOODS
    assert hidden.cause == Revocation.DECLARATION


async def test_an_edge_hears_of_its_own_platform_alone_and_goes_on_behind_its_cursor(studio, other_studio):
    for platform in (studio, other_studio):
        await platform.seller("an")
        for broadcast in ("a", "b", "c"):
            await platform.authorize("an", broadcast, commercial=True)
        await platform.lock("an")
    async with watching(studio) as edge:
        whole = await edge.take(3)
        behind = edge.cursor
    async with watching(studio, behind) as again:
        first = await again.batch()
    async with watching(studio) as repeated:
        told_again = await repeated.take(3)

    assert len({each.name for each in whole}) == 3
    assert [each.name for each in told_again] == [each.name for each in whole]
    assert first == []


async def test_the_list_says_from_where_to_watch(studio):
    await studio.seller("an")
    for broadcast in ("a", "b", "c"):
        await studio.authorize("an", broadcast)
    await studio.end("a")
    page = await studio.ask("ListBroadcasts", page_size=1)
    following = await studio.ask("ListBroadcasts", page_size=1, page_token=page.next_page_token)
    await studio.lock("an")
    async with watching(studio, page.watch_cursor) as edge:
        cut = await edge.take(2)

    assert [each.name for each in (*page.broadcasts, *following.broadcasts)] == ["broadcasts/b", "broadcasts/c"]
    assert following.watch_cursor == following.next_page_token == ""
    assert {each.broadcast for each in cut} == {"broadcasts/b", "broadcasts/c"}


async def test_a_broadcast_that_nobody_renews_is_over_at_its_time(studio, vanish):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    async with watching(studio) as edge:
        await vanish(studio.name, "shop")
        (told,) = await edge.take(1)

    after = await studio.get("shop")
    assert (told.ruling, told.cause, told.reason) == (pb2.CUT, Revocation.UNRENEWED, 0)
    assert (after.state, after.end_reason) == (pb2.Broadcast.ENDED, pb2.Broadcast.UNRENEWED)
    assert list((await studio.ask("ListBroadcasts")).broadcasts) == []
    assert reason_of(await refusal(studio.renew("shop"))) == Reason.BROADCAST_STATE


async def test_an_edge_that_nothing_happens_to_hears_so_and_keeps_its_place(studio):
    async with watching(studio) as edge:
        first = await edge.batch()
        begun = edge.cursor
        again = await edge.batch()  # ten seconds later

    assert (first, again) == ([], [])
    async with watching(studio, edge.cursor) as resumed:
        assert await resumed.batch() == []
    assert begun


@pytest.mark.parametrize("cursor", ["A" * 22, "B" * 21 + "A"])
async def test_a_cursor_that_was_not_made_here_is_refused(studio, cursor):
    async with watching(studio, cursor) as edge:
        error = await refusal(edge.batch())

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
async def unknown(deployment):
    """Has broadcasts due of more accounts than are looked at together, of whom identity says nothing."""
    connection = await asyncpg.connect(dsn(deployment.database_url))
    names = [f"not a name {each}" for each in range(70)]
    try:
        await connection.execute(
            """INSERT INTO livestream.broadcasters SELECT 'nowhere', name, 0 FROM unnest($1::text[]) AS name""", names
        )
        await connection.execute(
            """INSERT INTO livestream.broadcasts (platform, broadcast, account, state, commerce, decisions, declarations,
            create_time, review_time) SELECT 'nowhere', name, name, 'LIVE', 'NONE', 0, 0, now(), now() - interval '1 day'
            FROM unnest($1::text[]) AS name""",
            names,
        )
        yield
    finally:
        for table in ("broadcasts", "broadcasters"):
            await connection.execute(f"DELETE FROM livestream.{table} WHERE platform = 'nowhere'")
        await connection.close()


@pytest.mark.usefixtures("unknown")
async def test_accounts_of_whom_identity_says_nothing_keep_nobody_on_air(studio):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    async with watching(studio) as edge:
        await studio.lock("an")
        (cut,) = await edge.take(1)

    assert (cut.ruling, cut.cause) == (pb2.CUT, Revocation.ACCOUNT)
