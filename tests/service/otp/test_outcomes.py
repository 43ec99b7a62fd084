"""The stream of outcomes: what is told, what is passed over, and where somebody who comes back goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta

import grpc
import pytest
from otp_service import Deployment, Refused

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.otp.adapters.told import administered

pytestmark = pytest.mark.engine

Kind = internal_pb2.Outcome.Kind
Response = internal_pb2.WatchOutcomesResponse
MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=3)
"""The settings' default."""


async def responses(otp: Deployment, cursor: bytes = b"", kinds: Sequence[int] = ()) -> AsyncIterator[Response]:
    request = internal_pb2.WatchOutcomesRequest(cursor=cursor, kinds=kinds)  # type: ignore[arg-type]  # any number
    call = otp.internal.WatchOutcomes(request, timeout=20)
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise Refused(error) from None
    finally:
        call.cancel()


async def first(otp: Deployment, cursor: bytes = b"", kinds: Sequence[int] = ()) -> Response:
    """What the first response tells of somebody who then goes away."""
    async with aclosing(responses(otp, cursor, kinds)) as stream:
        return await anext(stream)


async def acts(otp: Deployment, number: int) -> list[str]:
    """Tells of so many acts of operators, all in one partition; returns how they are told apart."""
    details = [f"act:{n:03d}" for n in range(number)]
    for detail in details:
        await administered(otp.store, "forum", detail, "peer:cli", otp.clock.now_ms())
    return details


def kinds_of(response: Response) -> list[int]:
    return [outcome.kind for outcome in response.outcomes]


def details_of(response: Response) -> list[str]:
    return [outcome.detail for outcome in response.outcomes]


async def test_outcomes_are_told_in_order_and_resume_behind_the_cursor(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.wrong(started.name))
    seen = await first(otp)
    await otp.forum.check(started.name, otp.code(started.name))
    resumed = await first(otp, seen.cursor)

    assert kinds_of(seen) == [Kind.STARTED, Kind.WRONG]
    assert kinds_of(resumed) == [Kind.VERIFIED]
    assert seen.outcomes[0].subject == "accounts/lan"


async def test_what_nobody_asked_for_is_passed_over(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.wrong(started.name))
    await otp.forum.check(started.name, otp.code(started.name))

    told = await first(otp, kinds=[Kind.VERIFIED, Kind.WRONG])

    assert kinds_of(told) == [Kind.WRONG, Kind.VERIFIED]
    assert {outcome.challenge for outcome in told.outcomes} == {started.name}


async def test_a_cursor_stands_behind_what_was_passed_over_and_is_good_for_other_kinds(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.wrong(started.name))
    seen = await first(otp, kinds=[Kind.WRONG])
    await otp.forum.check(started.name, otp.code(started.name))

    resumed = await first(otp, seen.cursor)

    assert kinds_of(resumed) == [Kind.VERIFIED]


async def test_whoever_comes_back_after_every_response_hears_of_everything_once(otp: Deployment) -> None:
    details, cursor, heard = await acts(otp, 30), b"", list[str]()
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.wrong(started.name))

    while len(heard) < len(details):
        response = await first(otp, cursor, [Kind.ADMINISTERED])
        heard += details_of(response)
        cursor = response.cursor

    assert heard == details


async def test_whoever_stays_hears_of_everything_once(otp: Deployment) -> None:
    details, heard = await acts(otp, 30), list[str]()
    async with aclosing(responses(otp, kinds=[Kind.ADMINISTERED])) as stream:
        async for response in stream:
            heard += details_of(response)
            if len(heard) >= len(details):
                break

    assert heard == details


async def test_a_long_way_through_what_is_passed_over_is_not_gone_twice(otp: Deployment) -> None:
    details = await acts(otp, 400)
    heartbeat = await first(otp, kinds=[Kind.FAILED])
    resumed = await first(otp, heartbeat.cursor)

    assert details_of(heartbeat) == []
    assert details_of(resumed) == details[160:168]


async def test_a_cursor_of_one_who_is_behind_is_as_old_as_what_it_has_not_seen(otp: Deployment) -> None:
    await acts(otp, 1)
    fresh = (await first(otp)).cursor
    await acts(otp, 400)
    otp.clock.advance(KEPT - MINUTE)
    behind = (await first(otp, fresh, [Kind.FAILED])).cursor
    otp.clock.advance(2 * MINUTE)

    with pytest.raises(Refused) as refused:
        await first(otp, behind)

    assert refused.value.reason == "CURSOR_EXPIRED"


@pytest.mark.parametrize("kinds", [[Kind.KIND_UNSPECIFIED], [999], [Kind.FAILED, Kind.FAILED], [-1, Kind.FAILED]])
async def test_kinds_that_nothing_can_be_of_are_refused_by_name(otp: Deployment, kinds: list[int]) -> None:
    with pytest.raises(Refused) as refused:
        await first(otp, kinds=kinds)

    assert refused.value.code == grpc.StatusCode.INVALID_ARGUMENT
    assert [name.partition("[")[0] for name in refused.value.fields] == ["kinds"]


@pytest.mark.parametrize("cursor", [b"nonsense", b"\x01" + bytes(8 + 256 * 8)])
async def test_a_cursor_older_than_what_is_kept_ends_the_stream(otp: Deployment, cursor: bytes) -> None:
    with pytest.raises(Refused) as refused:
        await first(otp, cursor)

    assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EXPIRED")
