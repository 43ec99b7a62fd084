"""What decisions cost when many are asked for at once or made at an edge, and how soon a lock is known everywhere."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import timedelta
from itertools import cycle, islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from prometheus_client import CollectorRegistry

from benchmarks import flows, measure
from benchmarks.load import Target
from benchmarks.report import Figure, percentile, spread
from xacthuc.api.identity.v1 import service_pb2
from xacthuc.client.standing import StandingVerifier
from xacthuc.clock import SystemClock
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.adapters.standing_bytes import encode
from xacthuc.identity.adapters.valkey_standing import ValkeyStanding
from xacthuc.identity.domain.facts import EvidenceKind, Facts
from xacthuc.identity.ports.standing import Standing
from xacthuc.identity.usecases import decisions
from xacthuc.identity.usecases.standing import Standings
from xacthuc.identity.wire.decision_messages import SHORTCUTS
from xacthuc.identity.wire.rendering import Renderer
from xacthuc.ids import random_bytes
from xacthuc.policy import Action, Policy
from xacthuc.sealing import FleetingNames, KeyRing
from xacthuc.telemetry.metrics import Metrics
from xacthuc.tokens import standing
from xacthuc.tokens.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from benchmarks.studies import Bench
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.policy import Reason

BATCH: Final = 500
MOST_US: Final = 4.0
"""A decision: 250 000 a second on one core."""
MOST_MS: Final = 1000.0
"""Until a write is known to every process, at p99."""
SECOND: Final = "identity-2"
"""The process that hears of the writes of the first."""

_GATED: Final = tuple(action for action in Action if action is not Action.READ)
_BATCHES_IN_FLIGHT: Final = 4
_PLATFORM: Final = "bench"
_CHILDREN: Final = 10
"""Every tenth account is a child with a birthday of its own, so that its facts are nobody else's."""


async def batch(bench: Bench) -> dict[str, list[Figure]]:
    """CPU of a decision in batches: alone in this process, from bytes to bytes, and with everything around it."""
    everybody = [flows.account(person) for person in (*bench.verified, *bench.unverified)]
    requests = flows.batches(everybody, BATCH, max(1, bench.size.calls // 10))
    decide = _alone(everybody)
    whole, alone = [], []
    # What exists by now lives as long as this process, as it does in a server.
    gc.collect()
    gc.freeze()
    for _ in range(bench.size.rounds):
        alone.append(await _cpu_us(decide, requests) / BATCH)
        await _warm(bench)
        window = await bench.identity.in_flight(flows.BATCH, requests, _BATCHES_IN_FLIGHT)
        flows.batch_decided(window.answers, BATCH)
        whole.append(window)
    return {
        f"Decisions in batches of {BATCH}": [
            spread("from bytes to bytes, without socket and store", alone, "µs", at_most=MOST_US),
            spread("the same, on one core", [1e6 / us for us in alone], "/s"),
            spread("BatchCheckActions, CPU of a decision", [window.cpu_us / BATCH for window in whole], "µs"),
            spread("BatchCheckActions, decisions", [window.per_second * BATCH for window in whole], "/s"),
        ]
    }


async def _warm(bench: Bench) -> None:
    """Has everybody's facts read now, so that none turns 30 s old, and is read again, while others are measured."""
    await measure.forget_standing(bench.store)
    everybody = [flows.account(person) for person in (*bench.verified, *bench.unverified)]
    await bench.identity.in_flight(flows.BATCH, flows.batches(everybody, BATCH, 1 + len(everybody) // BATCH), 1)


def _alone(names: Sequence[str]) -> Callable[[bytes], Awaitable[bytes]]:
    """Returns what the service does with the bytes of a batch, over a store that is a dictionary."""
    clock, policy = SystemClock(), Policy.load()
    fleeting, kept = FleetingNames(KeyRing({0: random_bytes(32)}, current=0), "standing"), dict[str, bytes]()

    async def get(keys: Sequence[str]) -> list[bytes | None]:
        return [kept.get(key) for key in keys]

    store, personal = SimpleNamespace(get=get), SimpleNamespace(standing=fleeting)
    standings = Standings(
        ValkeyStanding(cast("Any", store), cast("Any", personal)),
        cast("Any", None),
        clock,
        hard_limit=timedelta(minutes=10),
        most_reads=1,
    )
    counter = Metrics(CollectorRegistry()).decisions

    def decided(action: Action, reason: Reason, number: int) -> None:
        counter.add(action, reason, by=number)

    identity = cast("Identity", SimpleNamespace(clock=clock, policy=policy, standings=standings, decided=decided))
    validator, render = RequestValidator(SHORTCUTS), Renderer(policy)
    now_ms = clock.now_ms()
    for position, name in enumerate(fleeting.of(_PLATFORM, [name.removeprefix("accounts/") for name in names])):
        evidence = frozenset({EvidenceKind.PHONE}) if position < len(names) / 2 else frozenset[EvidenceKind]()
        child_until_ms = 0 if position % _CHILDREN else now_ms + 86_400_000 * (1 + position)
        facts = Facts(registered=True, evidence=evidence, child_until_ms=child_until_ms)
        kept[f"s:{{{name}}}"] = encode(Standing(facts, now_ms))

    async def decide(request: bytes) -> bytes:
        checks = validator.check(service_pb2.BatchCheckActionsRequest.FromString(request))
        return render.decisions(await decisions.batch_check_actions(identity, _PLATFORM, *checks)).SerializeToString()

    return decide


async def _cpu_us(work: Callable[[bytes], Awaitable[bytes]], requests: Sequence[bytes]) -> float:
    """Returns the CPU time of this process for each request, in microseconds."""
    await work(requests[0])
    started = time.process_time()
    for request in requests:
        await work(request)
    return (time.process_time() - started) / len(requests) * 1e6


async def tokens(bench: Bench) -> dict[str, list[Figure]]:
    """What an edge does with a standing token, and what one costs the service."""
    clock = SystemClock()
    signer = Signer(KeyRing({0: random_bytes(32)}, current=0), "https://identity.example")
    issued = [
        standing.issue(
            signer,
            platform=_PLATFORM,
            account=f"member-{number}",
            actions=_GATED,
            policy_version="1",
            now=clock.now(),
            ttl=timedelta(seconds=60),
        )
        for number in range(bench.size.calls)
    ]
    verifier = StandingVerifier(signer.jwks, platform=_PLATFORM, issuer="https://identity.example")
    verified, asked = [], []
    wanted = flows.standings(islice(cycle(bench.verified), bench.size.calls))
    for _ in range(bench.size.rounds):
        started = time.process_time()
        for token in issued:
            verifier.verify(token or "")
        verified.append(len(issued) / (time.process_time() - started))
        await _warm(bench)
        window = await bench.identity.in_flight(flows.STANDING, wanted)
        flows.standing_issued(window.answers)
        asked.append(window.cpu_us)
    return {
        "Standing tokens": [
            spread("verifications by an edge, on one core", verified, "/s"),
            spread("IssueStandingToken, CPU", asked, "µs"),
        ]
    }


async def revocations(bench: Bench, key: str) -> dict[str, list[Figure]]:
    """Time from asking one process for a lock to the first refusal by another, which is under load meanwhile."""
    bench.rig.start(SECOND)
    people = bench.verified[: bench.size.revocations]
    async with Target(bench.rig.second_public, bench.rig.pid(SECOND), key) as second:
        load = asyncio.create_task(_load(bench, second))
        try:
            took_ms = [await _revoke(bench, second, person) for person in people]
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
    await bench.identity.in_flight(flows.UNLOCK, flows.unlocks(people), 1)
    bench.rig.stop(SECOND)
    return {
        "From a lock to its effect in another process, under load": [
            Figure("p50", percentile(took_ms, 50), "ms"),
            Figure("p99", percentile(took_ms, 99), "ms", MOST_MS),
            Figure("longest", max(took_ms), "ms"),
        ]
    }


async def _load(bench: Bench, second: Target) -> None:
    """Asks the second process about everybody, again and again."""
    requests = flows.posts([*bench.verified, *bench.unverified])
    while True:
        await second.in_flight(flows.ACTION, requests, 16)


async def _revoke(bench: Bench, second: Target, person: int) -> float:
    """Locks an account through the first process and asks the second until it refuses."""
    asked = flows.posts([person])
    await second.in_flight(
        flows.ACTION, asked, 1
    )  # so that it has the facts in the cache, as those that are asked about
    started = time.perf_counter()
    lock = asyncio.create_task(bench.identity.in_flight(flows.LOCK, flows.locks([person]), 1))
    while flows.allowed((await second.in_flight(flows.ACTION, asked, 1)).answers[0]):
        if time.perf_counter() - started > MOST_MS:
            raise flows.UnexpectedAnswerError("a lock was never heard of")
    took_ms = (time.perf_counter() - started) * 1e3
    await lock
    return took_ms
