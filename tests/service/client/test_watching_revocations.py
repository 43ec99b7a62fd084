"""Watching revocations with both clients: nothing passes by while a server fails, is away or says nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from client_peer import KEY, Bare, Peer

from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.client import AsyncXacthuc, OutOfRange, Xacthuc, XacthucError
from xacthuc.client import livestream as calls
from xacthuc.client.watching import Pauses
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason


@pytest.fixture(params=["blocking", "asyncio"])
def watch(request: pytest.FixtureRequest, peer: Peer) -> Any:
    """Takes the cursors of so many batches of a watch, then leaves it."""

    async def awaited(count: int) -> list[str]:
        async with AsyncXacthuc(key=KEY, livestream=peer.address) as client:
            batches, found = client.livestream.watch_revocations(), list[str]()
            async for batch in batches:
                found.append(batch.cursor)
                if len(found) == count:
                    await batches.aclose()  # type: ignore[attr-defined]  # a generator, whose face is an iterator
                    break
            return found

    def blocking(count: int) -> list[str]:
        with Xacthuc(key=KEY, livestream=peer.address) as client:
            batches = client.livestream.watch_revocations()
            return [batch.cursor for _, batch in zip(range(count), batches, strict=False)]

    return blocking if request.param == "blocking" else lambda count: asyncio.run(awaited(count))


def answer(cursor: str) -> service_pb2.WatchRevocationsResponse:
    return service_pb2.WatchRevocationsResponse(cursor=cursor)


@pytest.mark.parametrize("code", ["INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "UNAVAILABLE", "FAILED_PRECONDITION"])
def test_a_failing_server_is_outlasted(watch: Any, peer: Peer, code: str) -> None:
    peer.answer("WatchRevocations", [answer("c1")], Bare(grpc.StatusCode[code]), [answer("c2")])

    assert watch(2) == ["c1", "c2"]
    assert {call.request.cursor for call in peer.received[1:]} == {"c1"}


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT"])
def test_what_is_wrong_with_the_request_is_told(watch: Any, peer: Peer, code: str) -> None:
    peer.answer("WatchRevocations", Bare(grpc.StatusCode[code]))

    with pytest.raises(XacthucError):
        watch(1)


def test_a_cursor_that_is_no_longer_good_is_told(watch: Any, peer: Peer) -> None:
    peer.answer("WatchRevocations", errors.OutOfRange(Reason.CURSOR_EXPIRED, "gone"))

    with pytest.raises(OutOfRange):
        watch(1)


def test_a_stream_that_falls_silent_is_taken_up_anew(watch: Any, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_SILENCE", timedelta(milliseconds=500))
    peer.answer("WatchRevocations", [answer("c1"), None], [answer("c2")])

    assert watch(2) == ["c1", "c2"]


def test_no_pause_is_longer_than_a_second_and_three_heartbeats_are_awaited() -> None:
    class Failed(Exception):
        status, reason, retry_after = grpc.StatusCode.INTERNAL, "", None

    described = calls.watch_revocations()
    pauses = Pauses(described)

    assert max(pauses.after(Failed()) for _ in range(20)) <= 1  # type: ignore[arg-type]  # as it is read
    assert described.silence == timedelta(seconds=30)
