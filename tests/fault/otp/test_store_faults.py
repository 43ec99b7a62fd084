"""The one-time-code service while its store suspends, dies, forgets its scripts, or fails over."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from otp_service import Challenge, Deployment, Refused

from xacthuc.api.otp.v1 import service_pb2
from xacthuc.embedded import Valkey, ValkeyCluster
from xacthuc.otp.adapters.valkey_limits import platform_key

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def until_answered(call: Callable[[], Any], *, within_seconds: float = 20) -> Any:
    """Repeats a call, as a client with the same request id would, until it is not UNAVAILABLE."""
    give_up = time.monotonic() + within_seconds
    while True:
        try:
            return await call()
        except Refused as refused:
            if refused.code is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > give_up:
                raise
            await asyncio.sleep(min(refused.retry_seconds or 0.1, 0.1))


async def synced(otp: Deployment) -> None:
    """Waits until what was written is on the disk: the append-only file is synced once a second."""
    await otp.store.execute("BGREWRITEAOF", key="")
    give_up = time.monotonic() + 10
    while b"aof_rewrite_in_progress:0" not in await otp.store.execute("INFO", "persistence", key=""):
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)


async def test_without_the_store_codes_are_neither_sent_nor_checked_and_the_caller_is_told_when_to_retry(
    deploy: Any, own_valkey: Valkey
) -> None:
    otp: Deployment = await deploy(store_url=own_valkey.url)
    started = await otp.forum.start()
    own_valkey.process.send(signal.SIGSTOP)
    try:
        checked = await refusal(otp.forum.check(started.name, otp.code(started.name)))
        again = await refusal(otp.forum.start())
    finally:
        own_valkey.process.send(signal.SIGCONT)
    for refused in (checked, again):
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert refused.retry_seconds


async def test_a_check_that_met_a_suspended_store_is_repeated_without_a_second_attempt(
    deploy: Any, own_valkey: Valkey
) -> None:
    otp: Deployment = await deploy(store_url=own_valkey.url)
    started, request = await otp.forum.start(), str(uuid.uuid4())
    own_valkey.process.send(signal.SIGSTOP)
    await refusal(otp.forum.check(started.name, otp.wrong(started.name), request))
    own_valkey.process.send(signal.SIGCONT)
    checked = await until_answered(lambda: otp.forum.check(started.name, otp.wrong(started.name), request))
    assert (checked.verdict, checked.remaining_checks) == (Verdict.WRONG, 4)


async def test_challenges_survive_the_stores_death_and_restart(deploy: Any, own_valkey: Valkey) -> None:
    otp: Deployment = await deploy(store_url=own_valkey.url)
    started = await otp.forum.start()
    await synced(otp)
    own_valkey.process.send(signal.SIGKILL)
    own_valkey.stop()
    own_valkey.start()
    checked = await until_answered(lambda: otp.forum.check(started.name, otp.code(started.name)))
    assert checked.verdict == Verdict.VERIFIED


async def test_a_store_that_forgot_the_scripts_is_taught_again(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.store.execute("SCRIPT", "FLUSH", key="")
    assert (await otp.forum.check(started.name, otp.code(started.name))).verdict == Verdict.VERIFIED


async def test_a_cluster_of_three_and_three_goes_on_when_a_master_dies(
    deploy: Any, valkey_cluster: ValkeyCluster
) -> None:
    otp: Deployment = await deploy(store_url=valkey_cluster.url)
    numbers = [f"09{n:08d}" for n in range(10_000_000, 10_400_000, 10_000)]
    started = [
        await otp.forum.start(number, subject=f"accounts/a{number}x", request_id=str(uuid.uuid4()))
        for number in numbers
    ]
    # A replica must hold what its master confirmed, or the failover may forget a challenge (never accept one twice).
    await otp.store.execute_everywhere("WAIT", 1, 2000)
    valkey_cluster.nodes[0].process.send(signal.SIGKILL)
    verdicts = [
        (await until_answered(lambda name=challenge.name: otp.forum.check(name, otp.code(name)))).verdict
        for challenge in started
    ]
    again = [(await otp.forum.check(challenge.name, otp.code(challenge.name))).verdict for challenge in started]
    assert set(verdicts) <= {Verdict.VERIFIED, Verdict.ALREADY_USED}
    assert set(again) == {Verdict.ALREADY_USED}


async def test_in_a_cluster_a_repeated_request_does_not_pass_a_stopped_platform(
    deploy: Any, valkey_cluster: ValkeyCluster
) -> None:
    """The record of a request lies in a slot of its own, where nobody knows what the other slots answer."""
    otp: Deployment = await deploy(store_url=valkey_cluster.url)
    await otp.limiter.bar(platform_key(""), now_ms=otp.clock.now_ms())

    async def twice(n: int) -> list[str]:
        request, number = str(uuid.uuid4()), f"097{n:07d}"
        starts = (otp.forum.start(number, request_id=request, subject=f"accounts/t{n}x") for _ in range(2))
        return [
            getattr(answer, "reason", "started") for answer in await asyncio.gather(*starts, return_exceptions=True)
        ]

    reasons = [reason for n in range(20) for reason in await twice(n)]
    await otp.limiter.unbar(platform_key(""), now_ms=otp.clock.now_ms())
    assert set(reasons) == {"SENDING_STOPPED"}


async def test_in_a_cluster_limits_elsewhere_are_given_back_when_the_number_refuses(
    deploy: Any, valkey_cluster: ValkeyCluster
) -> None:
    otp: Deployment = await deploy(store_url=valkey_cluster.url)
    for n in range(4):
        assert (await otp.forum.start("0966666666", subject=f"accounts/s{n}")).state == Challenge.PENDING
    for _ in range(12):
        refused = await refusal(otp.forum.start("0966666666", subject="accounts/patient"))
        assert refused.metadata["limit"] == "number"
    await otp.limiter.drain()
    assert (await otp.forum.start("0977777777", subject="accounts/patient")).state == Challenge.PENDING
