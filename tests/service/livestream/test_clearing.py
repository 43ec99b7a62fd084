"""Broadcasts over the wire, from the question to the end; who may sell is what a real identity knows."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from identity_service import NUMBER, Api, faults_of, reason_of, refusal
from livestream_service import Studio, instant, shown

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.tokens.errors import WrongAudience

Broadcast, Decision = resources_pb2.Broadcast, identity_pb2.Decision


async def by_phone(api: Api, studio: Studio, account: str) -> None:
    await studio.accounts.register(account)
    await studio.accounts.verify(account, api.otp.prove(NUMBER, account))


async def unless_over(call: Awaitable[resources_pb2.Clearance]) -> resources_pb2.Clearance | None:
    """Returns the answer, unless the service heard of the lock first and has cut the broadcast by itself."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        assert reason_of(error) == Reason.BROADCAST_STATE
        return None


@pytest.mark.rule("R3")
async def test_a_seller_with_a_personal_id_goes_on_air_with_a_grant_that_an_edge_believes(studio: Studio):
    await studio.seller("an")

    clearance = await studio.authorize("an", "show", commercial=True)

    live = clearance.broadcast
    assert (clearance.ruling, live.state, live.commerce) == (resources_pb2.CONTINUE, Broadcast.LIVE, Broadcast.CLEARED)
    assert clearance.decision.legal_basis.endswith("Law 122/2025/QH15")
    grant = await studio.granted(clearance)
    assert (grant.broadcast, grant.account, grant.commercial) == ("show", "an", True)
    assert clearance.grant.renew_time.ToDatetime() < clearance.grant.expire_time.ToDatetime()
    assert await studio.get("show") == live


@pytest.mark.rule("R3")
async def test_a_seller_with_a_phone_is_led_to_a_personal_id_and_gets_no_grant(api: Api, studio: Studio):
    await by_phone(api, studio, "an")

    clearance = await studio.authorize("an", "show", commercial=True)

    assert (clearance.ruling, clearance.broadcast.state) == (resources_pb2.CUT, Broadcast.REFUSED)
    assert clearance.decision.reason == Decision.PERSONAL_ID_REQUIRED
    assert clearance.decision.next_step.kind == identity_pb2.NextStep.VERIFY_PERSONAL_ID
    assert "số định danh cá nhân" in clearance.decision.next_step.text_vi
    assert not clearance.HasField("grant")


async def test_who_was_refused_goes_on_air_once_the_personal_id_is_there(api: Api, studio: Studio):
    await by_phone(api, studio, "an")
    await studio.authorize("an", "show", commercial=True)
    await studio.accounts.verify_personal_id("an", "000090000000", commerce=True)

    assert (await studio.authorize("an", "show", commercial=True)).broadcast.state == Broadcast.LIVE


async def test_nobody_of_this_platform_is_not_on_air(studio: Studio):
    clearance = await studio.authorize("nobody", "show")

    assert (clearance.ruling, clearance.decision.reason) == (resources_pb2.CUT, Decision.NOT_REGISTERED)


@pytest.mark.rule("R15")
async def test_a_child_without_a_guardian_is_not_on_air_and_does_not_sell(studio: Studio):
    await studio.accounts.register("child", born=(2015, 1, 2))

    refused = [await studio.authorize("child", f"show-{sells}", commercial=sells) for sells in (False, True)]

    assert [each.decision.reason for each in refused] == [Decision.GUARDIAN_REQUIRED, Decision.NOT_FOR_CHILDREN]


@pytest.mark.rule("R3")
async def test_what_is_declared_by_who_may_not_sell_is_hidden_and_comes_back_once_proven(api: Api, studio: Studio):
    await by_phone(api, studio, "an")
    await studio.authorize("an", "show")

    hidden = await studio.declare("show", shown(resources_pb2.Declaration.ORDER_FORM))

    assert (hidden.ruling, hidden.broadcast.commerce) == (resources_pb2.HIDE_GOODS, Broadcast.HIDDEN)
    assert (hidden.grant.commercial, hidden.broadcast.declaration_count) == (False, 1)
    await studio.accounts.verify_personal_id("an", "000090000000", commerce=True)
    assert (await studio.renew("show")).ruling == resources_pb2.HIDE_GOODS
    cleared = await studio.declare("show")
    assert (cleared.ruling, (await studio.granted(cleared)).commercial) == (resources_pb2.CONTINUE, True)


@pytest.mark.rule("R47")
async def test_a_renewal_of_an_account_that_was_locked_meanwhile_cuts(studio: Studio):
    await studio.seller("an")
    await studio.authorize("an", "show")
    await studio.lock("an")

    if (cut := await unless_over(studio.renew("show"))) is not None:
        assert (cut.ruling, cut.decision.reason) == (resources_pb2.CUT, Decision.LOCKED)
        assert (cut.broadcast.state, cut.HasField("grant")) == (Broadcast.REVOKED, False)
    ended = await studio.end("show")
    assert (ended.state, ended.HasField("end_time")) == (Broadcast.REVOKED, True)


@pytest.mark.rule("R47")
async def test_a_declaration_of_a_locked_account_cuts(studio: Studio):
    await studio.seller("an")
    await studio.authorize("an", "show")
    await studio.lock("an")

    if (cut := await unless_over(studio.declare("show"))) is not None:
        assert cut.ruling == resources_pb2.CUT
    assert (await studio.get("show")).state == Broadcast.REVOKED


async def test_the_same_request_gets_the_same_answer_and_grant(studio: Studio):
    await studio.seller("an")
    request_id = str(uuid4())

    first, again = [await studio.authorize("an", "show", request_id, commercial=True) for _ in range(2)]

    assert first == again
    assert await studio.authorize("an", "show", commercial=True) != first


async def test_a_request_id_with_another_payload_is_refused(studio: Studio):
    await studio.seller("an")
    request_id = str(uuid4())
    await studio.authorize("an", "show", request_id)

    assert reason_of(await refusal(studio.authorize("an", "other", request_id))) is Reason.REQUEST_ID_REUSED


async def test_ending_is_told_once_and_repeated_as_it_was(studio: Studio):
    await studio.seller("an")
    await studio.authorize("an", "show")
    request_id = str(uuid4())

    first, again, later = [await studio.end("show", each) for each in (request_id, request_id, "")]

    assert first == again == later
    assert (first.state, first.end_reason) == (Broadcast.ENDED, Broadcast.FINISHED)


@pytest.mark.parametrize("verb", ["authorize", "renew", "declare"])
async def test_an_ended_broadcast_is_not_taken_up_again(studio: Studio, verb: str):
    await studio.seller("an")
    await studio.authorize("an", "show")
    ended = await studio.end("show")
    calls = {"authorize": lambda: studio.authorize("an", "show"), "renew": lambda: studio.renew("show")}

    error = await refusal(calls.get(verb, lambda: studio.declare("show"))())

    assert (reason_of(error), details_of(error).metadata["bar"]) == (Reason.BROADCAST_STATE, "OVER")
    assert await studio.get("show") == ended


async def test_a_running_broadcast_does_not_begin_to_sell_by_being_asked_for_again(studio: Studio):
    await studio.seller("an")
    await studio.authorize("an", "show")

    error = await refusal(studio.authorize("an", "show", commercial=True))

    assert (reason_of(error), details_of(error).metadata["bar"]) == (Reason.BROADCAST_STATE, "DECLARE")
    assert (await studio.get("show")).commerce == Broadcast.NONE


async def test_a_broadcast_of_another_account_is_not_taken_over(studio: Studio):
    await studio.seller("an")
    await studio.accounts.register("binh")
    await studio.authorize("an", "show")

    error = await refusal(studio.authorize("binh", "show"))

    assert reason_of(error) is Reason.BROADCAST_ALREADY_EXISTS
    assert (await studio.get("show")).account == "accounts/an"


async def test_an_account_has_three_broadcasts_on_air_and_a_fourth_after_one_ended(studio: Studio):
    await studio.seller("an")
    for show in ("1", "2", "3"):
        await studio.authorize("an", show)

    error = await refusal(studio.authorize("an", "4"))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.TOO_MANY_BROADCASTS)
    assert reason_of(await refusal(studio.get("4"))) is Reason.BROADCAST_NOT_FOUND
    await studio.end("1")
    assert (await studio.authorize("an", "4")).broadcast.state == Broadcast.LIVE


async def test_nothing_is_known_of_a_broadcast_that_was_never_asked_for(studio: Studio):
    for call in (studio.get("x"), studio.renew("x"), studio.declare("x"), studio.end("x")):
        assert reason_of(await refusal(call)) is Reason.BROADCAST_NOT_FOUND


async def test_a_refused_broadcast_is_neither_renewed_nor_declared_nor_ended(studio: Studio):
    await studio.authorize("nobody", "show")

    for call in (studio.renew("show"), studio.declare("show"), studio.end("show")):
        error = await refusal(call)
        assert (reason_of(error), details_of(error).metadata["bar"]) == (Reason.BROADCAST_STATE, "NOT_LIVE")


async def test_times_that_cannot_be_are_refused_by_their_place_and_nothing_is_kept(studio: Studio):
    await studio.seller("an")
    before = (await studio.authorize("an", "show")).broadcast

    future = await refusal(studio.declare("show", shown(), shown(late=60)))
    past = await refusal(studio.declare("show", shown(late=-60)))
    ends = [await refusal(studio.end("show", end_time=instant(datetime.now(UTC) + late))) for late in _OFF]

    assert [faults_of(each) for each in (future, past)] == [
        {"declarations[1].show_time"},
        {"declarations[0].show_time"},
    ]
    assert [faults_of(each) for each in ends] == [{"end_time"}, {"end_time"}]
    assert await studio.get("show") == before


_OFF = timedelta(minutes=1), timedelta(minutes=-1)


async def test_a_platform_sees_and_verifies_its_own_broadcasts_alone(api: Api, studio: Studio):
    await studio.seller("an")
    clearance = await studio.authorize("an", "show")
    other = await Studio.create(api, studio.channel)

    assert reason_of(await refusal(other.get("show"))) is Reason.BROADCAST_NOT_FOUND
    with pytest.raises(WrongAudience):
        await other.granted(clearance)


async def test_what_is_on_air_is_listed_by_id_in_pages(studio: Studio):
    await studio.seller("an")
    for show in ("b", "c", "a"):
        await studio.authorize("an", show)
    await studio.end("b")

    first = await studio.ask("ListBroadcasts", page_size=1)
    second = await studio.ask("ListBroadcasts", page_size=1, page_token=first.next_page_token)

    assert [each.name for page in (first, second) for each in page.broadcasts] == ["broadcasts/a", "broadcasts/c"]
    assert second.next_page_token == ""
