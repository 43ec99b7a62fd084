"""What is measured, one function a study; each returns figures and leaves the services as it found them."""

from __future__ import annotations

import asyncio
import gc
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle, islice
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks import children, flows, measure
from benchmarks.report import Figure, percentile, spread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from benchmarks.load import Target, Window
    from benchmarks.rig import Rig
    from xacthuc.valkey import Store

_CHUNK: Final = 2_000
"""Verifications whose requests are held at once."""
_QUIET_SECONDS: Final = 0.5
_WRITERS: Final = 8
"""Writes to the database at once: each waits for the disk, and more than its connections would only queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int = 5
    slices: int = 4
    """Turns of each scenario in a round."""
    calls: int = 500
    """Of each scenario in a slice."""
    lone_calls: int = 50
    """Calls one after the other, whose trips are counted."""
    accounts: int = 1_000
    """Half of them verified."""
    verifications: int = 100_000
    rate: int = 1_000
    """Calls a second in the latency runs."""
    rate_seconds: int = 6
    """Of each method in a round."""
    revocations: int = 300
    """Locks whose way to another process is timed."""


QUICK: Final = Size(
    rounds=1, slices=1, calls=64, accounts=40, verifications=200, rate=100, rate_seconds=1, revocations=5
)
"""Shows that everything runs; its figures mean nothing."""


@dataclass(kw_only=True)
class Bench:
    """What the studies work with."""

    size: Size
    rig: Rig
    store: Store
    otp: Target
    identity: Target
    reader: flows.Reader
    verified: list[int] = field(default_factory=list)
    unverified: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    """One of each verified person."""
    people: Iterator[int] = field(default_factory=count)

    def strangers(self, number: int) -> list[int]:
        """Returns people whom the services have not seen yet."""
        return list(islice(self.people, number))

    async def challenges(self, number: int) -> list[str]:
        """Starts as many challenges and returns their names."""
        return flows.started((await self.otp.in_flight(flows.START, flows.starts(self.strangers(number)))).answers)


async def populate(bench: Bench) -> None:
    """Registers accounts and verifies half of them, through both services."""
    everybody = bench.strangers(bench.size.accounts)
    half = len(everybody) // 2
    bench.verified, bench.unverified = everybody[:half], everybody[half:]
    await bench.identity.in_flight(flows.REGISTER, flows.registrations(everybody), _WRITERS)
    started = await bench.otp.in_flight(flows.START, flows.starts(bench.verified))
    checked = await bench.otp.in_flight(flows.CHECK, bench.reader.right(flows.started(started.answers)))
    tokens = flows.checked(checked.answers, right=True)
    await bench.identity.in_flight(flows.VERIFY, flows.proofs(bench.verified, tokens), _WRITERS)
    bench.children = bench.strangers(half)
    await bench.identity.in_flight(flows.REGISTER, children.registrations(bench.children), _WRITERS)
    await children.entrust(bench.rig, bench.children, bench.verified)


async def echoed(bench: Bench) -> tuple[str, str]:
    """Returns an answer of CheckCode and one of CheckAction in hexadecimal, for the echo server to give."""
    wrong = await bench.otp.in_flight(flows.CHECK, bench.reader.wrong(await bench.challenges(1)))
    allowed = await bench.identity.in_flight(flows.ACTION, flows.posts(bench.verified[:1]))
    return wrong.answers[0].hex(), allowed.answers[0].hex()


async def cpu(bench: Bench, echo: Target) -> dict[str, list[Figure]]:
    """CPU of the server's process per call, and as a ratio to the echo server's in the same round."""
    rounds: dict[str, list[float]] = defaultdict(list)
    speed: dict[str, list[float]] = defaultdict(list)
    gc.collect()
    gc.freeze()
    await _round(bench, echo)  # warms caches on both sides
    for _ in range(bench.size.rounds):
        for name, windows in (await _round(bench, echo)).items():
            calls = sum(len(window.answers) for window in windows)
            rounds[name].append(sum(window.cpu_seconds for window in windows) / calls * 1e6)
            speed[name].append(calls / sum(window.wall_seconds for window in windows))
    compared = (
        ("StartChallenge", "echo of CheckCode", None, None),
        ("CheckCode, wrong code", "echo of CheckCode", 1.7, 1.5),
        ("CheckCode, right code", "echo of CheckCode", 1.7, 1.5),
        ("CheckAction, allowed", "echo of CheckAction", 1.5, 1.3),
        ("CheckAction, refused", "echo of CheckAction", 1.5, 1.3),
    )
    return {
        "CPU per call as a multiple of the echo server's": [
            spread(name, _ratios(rounds[name], rounds[base]), "x", at_most=target, aim=aim)
            for name, base, target, aim in compared
        ],
        "CPU per call as a multiple of an adult's": [
            spread(
                "CheckAction, supervised child",
                _ratios(rounds["CheckAction, supervised child"], rounds["CheckAction, allowed"]),
                "x",
                at_most=1.05,
            )
        ],
        "CPU per call on this machine": [spread(name, values, "µs") for name, values in rounds.items()],
        "Calls a second with 64 in flight, driver on the same machine": [
            spread(name, values, "/s") for name, values in speed.items()
        ],
    }


async def _round(bench: Bench, echo: Target) -> dict[str, list[Window]]:
    """Gives every scenario its turns. A challenge is started, guessed wrong once, then solved."""
    windows: dict[str, list[Window]] = defaultdict(list)
    calls, right, wrong = bench.size.calls, bench.reader.right, bench.reader.wrong
    allowed = flows.posts(islice(cycle(bench.verified), calls))
    refused = flows.posts(islice(cycle(bench.unverified), calls))
    supervised = flows.posts(islice(cycle(bench.children), calls))
    for _ in range(bench.size.slices):
        started = await bench.otp.in_flight(flows.START, flows.starts(bench.strangers(calls)))
        names = flows.started(started.answers)
        guesses = wrong(names)
        windows["StartChallenge"].append(started)
        windows["echo of CheckCode"].append(await echo.in_flight(flows.ECHO_CHECK, guesses))
        windows["CheckCode, wrong code"].append(await bench.otp.in_flight(flows.CHECK, guesses))
        windows["CheckCode, right code"].append(await bench.otp.in_flight(flows.CHECK, right(names)))
        windows["echo of bytes, unparsed"].append(await echo.in_flight(flows.ECHO_BYTES, guesses))
        await _fill_standing(bench)  # before each slice: a round of a slow machine takes longer than facts live
        windows["echo of CheckAction"].append(await echo.in_flight(flows.ECHO_ACTION, allowed))
        windows["CheckAction, allowed"].append(await bench.identity.in_flight(flows.ACTION, allowed))
        windows["CheckAction, supervised child"].append(await bench.identity.in_flight(flows.ACTION, supervised))
        windows["CheckAction, refused"].append(await bench.identity.in_flight(flows.ACTION, refused))
        flows.checked(windows["CheckCode, wrong code"][-1].answers, right=False)
        flows.checked(windows["CheckCode, right code"][-1].answers, right=True)
        flows.decided(windows["CheckAction, allowed"][-1].answers, allowed=True)
        flows.decided(windows["CheckAction, supervised child"][-1].answers, allowed=True)
        flows.decided(windows["CheckAction, refused"][-1].answers, allowed=False)
    return windows


async def _fill_standing(bench: Bench) -> None:
    """Has every account's facts read now, so that none turns 30 s old, and is read again, while others are measured."""
    everybody = [*bench.verified, *bench.unverified, *bench.children]
    await measure.forget_standing(bench.store)
    await bench.identity.in_flight(flows.ACTION, flows.posts(everybody), _WRITERS)


def _ratios(values: list[float], bases: list[float]) -> list[float]:
    return [value / base for value, base in zip(values, bases, strict=True)]


async def trips(bench: Bench) -> dict[str, list[Figure]]:
    """Trips of a call that is alone, and the commands in them from INFO commandstats; several can share a trip."""
    people = bench.strangers(bench.size.lone_calls)
    names: list[str] = []

    async def start(person: int) -> None:
        names.extend(flows.started((await bench.otp.in_flight(flows.START, flows.starts([person]))).answers))

    async def check(name: str) -> None:
        await bench.otp.in_flight(flows.CHECK, bench.reader.wrong([name]))

    async def act(person: int) -> None:
        await bench.identity.in_flight(flows.ACTION, flows.posts([person]))

    figures = [
        *await _trips_of(bench, "StartChallenge", [partial(start, person) for person in people], "evalsha", 2.0),
        *await _trips_of(bench, "CheckCode", [partial(check, name) for name in names], "evalsha", 1.0),
    ]
    await _fill_standing(bench)
    actions = [partial(act, person) for person in islice(cycle(bench.verified), len(people))]
    return {"Trips to the store": [*figures, *await _trips_of(bench, "CheckAction", actions, "get", 1.0)]}


async def _trips_of(
    bench: Bench, name: str, calls: Sequence[Callable[[], Awaitable[None]]], command: str, most: float
) -> list[Figure]:
    """Counts the server's reads around each call; the median, since keys and limits are refreshed beside it."""
    reads, commands = [], []
    for call in calls:
        counts, before = await measure.command_counts(bench.store), await measure.requests_read(bench.store)
        await call()
        after = await measure.requests_read(bench.store)
        reads.append(after - before - 1)  # our own question is one
        commands.append((await measure.command_counts(bench.store) - counts)[command])
    what = "scripts" if command == "evalsha" else "reads"
    return [
        Figure(name, median(reads), "trips", most),
        Figure(f"{name}, {what}", median(commands), "per call"),
    ]


async def latency(bench: Bench) -> dict[str, list[Figure]]:
    """Time from when a call was due to its answer, at a fixed rate, the methods in turns of some seconds; delivery at work."""
    rate, total = bench.size.rate, bench.size.rate * bench.size.rate_seconds
    actions = flows.posts(islice(cycle([*bench.verified, *bench.unverified]), total))
    windows: dict[str, list[tuple[list[float], Window]]] = {"CheckAction": [], "CheckCode": []}
    for _ in range(bench.size.rounds):
        names = [name for _ in range(0, total // 2, _CHUNK) for name in await bench.challenges(min(_CHUNK, total // 2))]
        names = names[: total // 2]
        checks = [*bench.reader.wrong(names), *bench.reader.right(names)]
        await _until_quiet(bench)
        await _fill_standing(bench)
        gc.collect()
        gc.freeze()
        windows["CheckAction"].append(await bench.identity.at_rate(flows.ACTION, actions, rate))
        windows["CheckCode"].append(await bench.otp.at_rate(flows.CHECK, checks, rate))
    return {
        f"Latency at {rate} calls a second": [
            figure
            for method, taken in windows.items()
            for figure in (
                spread(f"{method}, p50", [percentile(took_ms, 50) for took_ms, _ in taken], "ms"),
                spread(f"{method}, p99", [percentile(took_ms, 99) for took_ms, _ in taken], "ms", at_most=15.0),
                spread(f"{method}, CPU", [window.cpu_us for _, window in taken], "µs"),
            )
        ]
    }


async def _until_quiet(bench: Bench) -> None:
    """Waits until delivery has sent what earlier calls left in its lanes, and folded what became of it."""
    while (  # noqa: ASYNC110 - what is waited for is in another process
        await measure.waiting_messages(bench.store) or await measure.partitions_behind(bench.store)
    ):
        await asyncio.sleep(_QUIET_SECONDS)


async def leftovers(bench: Bench) -> dict[str, list[Figure]]:
    """Keys after many verifications: everything must have an end, and none may live beyond what it is for."""
    left, seconds = bench.size.verifications, 0.0
    while left > 0:
        number = min(_CHUNK, left)
        started = await bench.otp.in_flight(flows.START, flows.starts(bench.strangers(number)))
        checked = await bench.otp.in_flight(flows.CHECK, bench.reader.right(flows.started(started.answers)))
        flows.checked(checked.answers, right=True)
        seconds += started.wall_seconds + checked.wall_seconds
        left -= number
    await _until_quiet(bench)
    found = await measure.census(bench.store)
    kinds = sorted(found.kinds.items(), key=lambda item: -item[1].count)
    overlong = sum(kind.overlong for _, kind in kinds)
    return {
        f"Left in the store after {bench.size.verifications} verifications": [
            Figure("keys that outlive what they are for", overlong, "keys", 0.0),
            Figure("all keys", found.keys, "keys"),
            Figure("memory of the store", found.memory_mib, "MiB"),
            Figure("verifications, start to proof", bench.size.verifications / seconds, "/s"),
            *(Figure(f"· {name}", kind.count, "keys") for name, kind in kinds),
            *(Figure(f"· longest life of {name}", kind.longest_seconds / 3600, "h") for name, kind in kinds),
        ]
    }


def memory(bench: Bench) -> dict[str, list[Figure]]:
    """Resident memory after all of it."""
    targets = {"otp": 110.0, "otp-delivery": None, "identity": 160.0}
    return {
        "Resident memory at the end": [
            Figure(name, measure.resident_mib(bench.rig.pid(name)), "MiB", most) for name, most in targets.items()
        ]
    }
