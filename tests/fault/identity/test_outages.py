"""What the service still does while an engine is away, and that it heals by itself."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import grpc
import pytest
from identity_service import NUMBER, reason_of, refusal
from silent_postgres import silent

from xacthuc.grpckit.reasons import Reason

pytestmark = pytest.mark.store

SILENCE_TOLD_WITHIN_SECONDS = 5
"""Of a call: at most 2 s until a connection is free and 1.5 s until it is found silent (`identity/main.py`); the rest is
for a busy machine. After 5 s the server would cut the call off with DEADLINE_EXCEEDED (docs/limits.md)."""


async def answers(call):
    try:
        await call
    except grpc.aio.AioRpcError:
        return False
    return True


async def test_without_postgres_known_accounts_are_decided_and_the_rest_says_when_to_ask_again(
    api, platform, own_postgres, eventually
):
    await platform.register("known")
    await platform.verify("known", api.otp.prove(NUMBER, "known"))
    assert (await platform.check("known")).allowed
    own_postgres.stop()

    assert (await platform.check("known")).allowed
    unknown = await refusal(platform.check("unknown"))
    write = await refusal(platform.register("new"))

    assert (unknown.code(), reason_of(unknown)) == (grpc.StatusCode.UNAVAILABLE, Reason.DATABASE_UNAVAILABLE)
    assert (write.code(), reason_of(write)) == (grpc.StatusCode.UNAVAILABLE, Reason.DATABASE_UNAVAILABLE)

    own_postgres.start()
    await eventually(lambda: answers(platform.check("unknown")))
    await eventually(lambda: answers(platform.register("after")))


async def test_a_postgres_that_hangs_with_open_connections_is_told_in_time_and_used_again(
    api, platform, own_postgres, eventually
):
    await platform.register("known")
    await platform.verify("known", api.otp.prove(NUMBER, "known"))
    assert (await platform.check("known")).allowed
    with silent(own_postgres):
        began = time.monotonic()
        unknown = await asyncio.gather(*(refusal(platform.check(f"unknown-{number}")) for number in range(8)))
        took = time.monotonic() - began

        assert (await platform.check("known")).allowed

    assert {(error.code(), reason_of(error)) for error in unknown} == {
        (grpc.StatusCode.UNAVAILABLE, Reason.DATABASE_UNAVAILABLE)
    }
    assert took < SILENCE_TOLD_WITHIN_SECONDS
    await eventually(lambda: answers(platform.check("unknown-0")))
    await eventually(lambda: answers(platform.register("after")))


async def test_without_valkey_the_database_decides_and_a_stalled_one_costs_no_call(
    api, platform, own_valkey, eventually
):
    await platform.register("u1")
    await platform.verify("u1", api.otp.prove(NUMBER, "u1"))
    own_valkey.process.send(signal.SIGSTOP)
    try:
        began = time.monotonic()
        decisions = await asyncio.gather(*(platform.check("u1") for _ in range(20)))
        took = time.monotonic() - began
    finally:
        own_valkey.process.send(signal.SIGCONT)

    assert all(decision.allowed for decision in decisions)
    assert took < 4
    own_valkey.stop()
    assert (await platform.check("u1")).allowed
    own_valkey.start()
    await eventually(lambda: answers(platform.check("u1")))


async def test_keys_come_back_to_a_store_that_lost_everything(api, platform, own_valkey, deployment, eventually):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(own_valkey.socket_path))
        connection.sendall(b"FLUSHALL\r\nEXISTS keys\r\n")
        assert b"+OK" in connection.recv(64)

        def restored():
            connection.sendall(b"EXISTS keys\r\n")
            return b":1" in connection.recv(64)

        await eventually(restored)
    deployment.stop()
    deployment.start()
    await eventually(lambda: answers(platform.check("u1")))


def test_a_database_that_was_never_migrated_ends_the_process_instead_of_serving_without_its_relay(
    unstarted, own_postgres
):
    unstarted.environment["XACTHUC_DATABASE_URL"] = own_postgres.database_url("template1")

    assert unstarted.launch().wait(timeout=30) != 0
