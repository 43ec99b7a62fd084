"""How a call travels, of both clients: credentials, request ids, retries, deadlines, errors."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from client_messages import CHALLENGE, DECISION
from client_peer import KEY, TRACE_ID, Bare, Peer
from grpc import StatusCode

from xacthuc.client import (
    Action,
    DeadlineExceeded,
    FailedPrecondition,
    FieldFault,
    Internal,
    InvalidRequest,
    LimitExceeded,
    Unauthenticated,
    Unavailable,
    XacthucError,
)
from xacthuc.grpckit import errors as server_errors
from xacthuc.grpckit.reasons import Reason

Connect = Callable[..., Awaitable[Any]]
DOWN = server_errors.Unavailable(Reason.STORE_UNAVAILABLE, "the state store does not answer")


async def test_a_call_carries_the_key_the_language_and_the_client_s_version(client: Any, peer: Peer) -> None:
    peer.answer("GetChallenge", CHALLENGE)

    await client.otp.get_challenge(CHALLENGE.name)

    metadata = peer.received[0].metadata
    assert (f"Bearer {KEY}", "vi") == (metadata["authorization"], metadata["accept-language"])
    assert re.match(r"xacthuc-python/[0-9.]+ ", metadata["user-agent"])


async def test_a_call_names_the_step_of_the_caller_s_trace_that_it_is_made_in(connect: Connect, peer: Peer) -> None:
    peer.answer("GetChallenge", CHALLENGE)
    steps = [f"00-{TRACE_ID}-00f067aa0ba902b7-01", None, f"00-{TRACE_ID}-b7ad6b7169203331-00"]
    said = iter(steps)
    client = await connect(traceparent=lambda: next(said))

    for _ in steps:
        await client.otp.get_challenge(CHALLENGE.name)

    assert [call.metadata.get("traceparent") for call in peer.received] == steps


async def test_every_write_carries_a_new_uuid4(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", CHALLENGE)

    for _ in range(2):
        await client.otp.start_challenge("0912345678", subject="accounts/an")

    ids = {call.request.request_id for call in peer.received}
    assert {4} == {uuid.UUID(each).version for each in ids}
    assert len(ids) == 2


async def test_a_given_request_id_is_sent_as_it_is(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", CHALLENGE)
    request_id = str(uuid.uuid4())

    await client.otp.start_challenge("0912345678", subject="accounts/an", request_id=request_id)

    assert request_id == peer.received[0].request.request_id


async def test_a_retry_is_the_same_request(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", DOWN, DOWN, CHALLENGE)

    challenge = await client.otp.start_challenge("0912345678", subject="accounts/an")

    assert CHALLENGE.name == challenge.name
    assert len(peer.received) == 3
    assert len({call.request.request_id for call in peer.received}) == 1


async def test_identity_calls_are_retried_by_their_own_policy(client: Any, peer: Peer) -> None:
    peer.answer("CheckAction", DOWN, DECISION)

    assert await client.identity.check_action("an", Action.POST)


async def test_what_is_not_unavailable_is_not_retried(client: Any, peer: Peer) -> None:
    peer.answer("CheckCode", server_errors.FailedPrecondition(Reason.CHALLENGE_CLOSED, "the challenge has ended"))

    with pytest.raises(FailedPrecondition):
        await client.otp.check_code(CHALLENGE.name, "123456")

    assert len(peer.received) == 1


async def test_an_operator_is_not_asked_again_while_a_person_waits(client: Any, peer: Peer) -> None:
    peer.answer("CheckNetwork", server_errors.Unavailable(Reason.NETWORK_UNAVAILABLE, "the operator does not answer"))

    with pytest.raises(Unavailable) as failed:
        await client.otp.check_network(CHALLENGE.name, operator="viettel", network_token="t0ken")

    assert (failed.value.reason, len(peer.received)) == ("NETWORK_UNAVAILABLE", 1)
    request = peer.received[0].request
    assert (request.operator, request.network_token) == ("viettel", "t0ken")


async def test_an_outage_is_told_after_the_retries_with_the_request_id_to_repeat(client: Any, peer: Peer) -> None:
    peer.answer("CheckCode", DOWN)

    with pytest.raises(Unavailable) as failed:
        await client.otp.check_code(CHALLENGE.name, "123456")

    assert [failed.value.request_id] * 3 == [call.request.request_id for call in peer.received]
    assert timedelta(seconds=1) == failed.value.retry_after


async def test_a_slow_server_ends_in_the_deadline_of_the_client(connect: Connect, peer: Peer) -> None:
    peer.answer("CheckCode", timedelta(seconds=0.5))
    client = await connect(timeout=timedelta(seconds=0.1))

    with pytest.raises(DeadlineExceeded) as failed:
        await client.otp.check_code(CHALLENGE.name, "123456")

    assert failed.value.request_id


async def test_nobody_listening_is_unavailable(connect: Connect) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        client = await connect(otp=f"127.0.0.1:{reserved.getsockname()[1]}")

        with pytest.raises(Unavailable) as failed:
            await client.otp.lookup_number("0912345678")

    assert (failed.value.reason, failed.value.trace_id) == ("", "")


async def test_every_faulty_field_is_named(client: Any, peer: Peer) -> None:
    faults = (
        server_errors.FieldFault("phone_number", "must be a mobile number", "FIXED_LINE", "vi-VN", "Số cố định."),
        server_errors.FieldFault("client.ip", "must be an IP address", "STRING_IP"),
    )
    peer.answer("StartChallenge", server_errors.InvalidRequest(*faults))

    with pytest.raises(InvalidRequest) as failed:
        await client.otp.start_challenge("024", subject="accounts/an", ip="x")

    assert (
        FieldFault("phone_number", "must be a mobile number", "FIXED_LINE", "vi-VN", "Số cố định."),
        FieldFault("client.ip", "must be an IP address", "STRING_IP"),
    ) == failed.value.field_faults


async def test_a_limit_says_which_one_and_how_long_to_wait(client: Any, peer: Peer) -> None:
    limit = server_errors.LimitExceeded("too many", limit="number_sends", retry_after=timedelta(seconds=42))
    peer.answer("StartChallenge", limit)

    with pytest.raises(LimitExceeded) as failed:
        await client.otp.start_challenge("0912345678", subject="accounts/an")

    assert (failed.value.reason, failed.value.metadata["limit"]) == (Reason.LIMIT_EXCEEDED, "number_sends")
    assert timedelta(seconds=42) == failed.value.retry_after
    assert failed.value.trace_id == TRACE_ID


@pytest.mark.parametrize(("language", "start"), [("vi", "Bạn"), ("en", "Too many")])
async def test_a_sentence_for_the_person_comes_in_the_client_s_language(
    connect: Connect, peer: Peer, language: str, start: str
) -> None:
    limit = server_errors.LimitExceeded("too many", limit="number_sends", retry_after=timedelta(seconds=42))
    peer.answer("StartChallenge", limit)
    client = await connect(language=language)

    with pytest.raises(LimitExceeded) as failed:
        await client.otp.start_challenge("0912345678", subject="accounts/an")

    assert failed.value.localized.startswith(start)


@pytest.mark.parametrize(
    "trailers", [(), (("grpc-status-details-bin", b"\xff\xff\xff"),)], ids=["without details", "with foreign bytes"]
)
async def test_a_status_of_a_proxy_keeps_its_class(client: Any, peer: Peer, trailers: Any) -> None:
    peer.answer("GetChallenge", Bare(StatusCode.UNAUTHENTICATED, "denied by the edge", trailers))

    with pytest.raises(Unauthenticated) as failed:
        await client.otp.get_challenge(CHALLENGE.name)

    assert (failed.value.reason, failed.value.message) == ("", "denied by the edge")


async def test_an_unexpected_status_is_an_internal_error(client: Any, peer: Peer) -> None:
    peer.answer("GetChallenge", Bare(StatusCode.DATA_LOSS))

    with pytest.raises(Internal):
        await client.otp.get_challenge(CHALLENGE.name)


async def test_an_error_shows_nothing_of_the_request(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", server_errors.LimitExceeded("too many"))

    with pytest.raises(XacthucError) as failed:
        await client.otp.start_challenge("0912345678", subject="accounts/an")

    shown = f"{failed.value} {failed.value!r} {failed.value.failure!r}"
    assert not re.search(r"912|accounts|xt_", shown)
