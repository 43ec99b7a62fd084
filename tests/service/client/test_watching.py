"""Watching accounts with both clients: what is told, and what breaks off is taken up again where it ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from client_messages import NOW, stamp
from client_peer import KEY, Bare, Peer

from xacthuc.api.identity.v1 import events_pb2, service_pb2
from xacthuc.client import AsyncXacthuc, EventKind, OutOfRange, Xacthuc
from xacthuc.client.calls import Call, Watch
from xacthuc.client.watching import Pauses
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason


@pytest.fixture(params=["blocking", "asyncio"])
def watch(request: pytest.FixtureRequest, peer: Peer) -> Any:
    """Takes so many batches of a watch, then leaves it."""

    async def awaited(count: int, cursor: str) -> list[Any]:
        async with AsyncXacthuc(key=KEY, identity=peer.address) as client:
            batches, found = client.identity.watch_accounts(cursor), list[Any]()
            async for batch in batches:
                found.append(batch)
                if len(found) == count:
                    await batches.aclose()  # type: ignore[attr-defined]  # a generator, whose face is an iterator
                    break
            return found

    def blocking(count: int, cursor: str) -> list[Any]:
        with Xacthuc(key=KEY, identity=peer.address) as client:
            batches = client.identity.watch_accounts(cursor)
            return [batch for _, batch in zip(range(count), batches, strict=False)]

    def run(count: int, cursor: str = "") -> list[Any]:
        return blocking(count, cursor) if request.param == "blocking" else asyncio.run(awaited(count, cursor))

    return run


def answer(cursor: str, *events: events_pb2.AccountEvent) -> service_pb2.WatchAccountsResponse:
    return service_pb2.WatchAccountsResponse(events=events, cursor=cursor)


def cursors(peer: Peer) -> list[str]:
    return [call.request.cursor for call in peer.received]


def test_a_batch_has_events_and_the_cursor_behind_them(watch: Any, peer: Peer) -> None:
    event = events_pb2.AccountEvent(
        name="events/e1",
        kind=events_pb2.AccountEvent.ACCOUNT_CLOSED,
        account="accounts/an",
        occur_time=stamp(),
        details={"purge_time": "2028-11-28"},
    )
    peer.answer("WatchAccounts", [answer("c1", event)])

    (batch,) = watch(1)

    (told,) = batch.events
    assert batch.cursor == "c1"
    assert (told.name, told.kind, told.account, told.occur_time, dict(told.details)) == (
        "events/e1",
        EventKind.ACCOUNT_CLOSED,
        "accounts/an",
        NOW,
        {"purge_time": "2028-11-28"},
    )
    assert "accounts/an" not in repr(batch)


def test_a_heartbeat_is_false(watch: Any, peer: Peer) -> None:
    peer.answer("WatchAccounts", [answer("c1")])

    assert [bool(batch) for batch in watch(1)] == [False]


def test_it_begins_behind_the_cursor_it_is_given(watch: Any, peer: Peer) -> None:
    peer.answer("WatchAccounts", [answer("c9")])

    watch(1, "c8")

    assert cursors(peer) == ["c8"]


def test_a_stream_that_ends_is_taken_up_again_behind_its_last_batch(watch: Any, peer: Peer) -> None:
    peer.answer("WatchAccounts", [answer("c1"), answer("c2")], [answer("c3")])

    assert [batch.cursor for batch in watch(3)] == ["c1", "c2", "c3"]
    assert cursors(peer) == ["", "c2"]


@pytest.mark.parametrize(
    "passing",
    [
        errors.Unavailable(Reason.SHUTTING_DOWN, "draining", retry_after=timedelta()),
        Bare(grpc.StatusCode.CANCELLED),
        errors.LimitExceeded("too many streams", reason=Reason.OVERLOADED),
    ],
    ids=["unavailable", "cancelled", "overloaded"],
)
def test_what_passes_is_outlasted(watch: Any, peer: Peer, passing: Any) -> None:
    peer.answer("WatchAccounts", [answer("c1")], passing, [answer("c2")])

    assert [batch.cursor for batch in watch(2)] == ["c1", "c2"]
    assert set(cursors(peer)[1:]) == {"c1"}


def test_a_cursor_that_is_no_longer_good_is_told(watch: Any, peer: Peer) -> None:
    peer.answer("WatchAccounts", errors.OutOfRange(Reason.CURSOR_EXPIRED, "gone"))

    with pytest.raises(OutOfRange) as refused:
        watch(1, "c1")

    assert refused.value.reason == "CURSOR_EXPIRED"


def test_the_cursor_of_this_moment_comes_with_the_first_page(peer: Peer) -> None:
    peer.answer("ListAccounts", service_pb2.ListAccountsResponse(watch_cursor="c7"))

    with Xacthuc(key=KEY, identity=peer.address) as client:
        assert client.identity.get_watch_cursor() == "c7"


def test_pauses_grow_with_failures_in_a_row_up_to_half_a_minute() -> None:
    class Failed(Exception):
        status, reason, retry_after = grpc.StatusCode.UNAVAILABLE, "", None

    pauses = Pauses(Watch(Call, "", str))  # type: ignore[arg-type]  # it is not sent
    bounds = [0.5, 1, 2, 4, 8, 16, 30, 30]

    assert all(0 <= pauses.after(Failed()) <= bound for bound in bounds)  # type: ignore[arg-type]  # as it is read
    pauses.told()
    assert pauses.after(Failed()) <= bounds[0]  # type: ignore[arg-type]
