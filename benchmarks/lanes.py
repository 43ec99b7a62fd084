"""Whether notices delay codes: time from a code's start to its provider, with the bulk lane full and with it empty.

The delivery worker is a process as in production, with the settings it ships with; the provider is a server in this
process that accepts everything at once. Both cases take turns, so that whatever else the machine does meets both alike.
Run with `python -m benchmarks.lanes`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.report import Figure, Report, percentile, spread
from xacthuc.clock import SystemClock
from xacthuc.embedded import OwnedProcess, Valkey
from xacthuc.ids import new_request_id
from xacthuc.otp.adapters.layout import delivery_key
from xacthuc.otp.adapters.valkey_challenges import ValkeyChallenges
from xacthuc.otp.adapters.valkey_notices import ValkeyNotices, notice_rules
from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.notices import NumberBudget
from xacthuc.otp.domain.rules import Rules
from xacthuc.otp.domain.starter import Starter
from xacthuc.otp.ports import NewChallenge, NewNotice
from xacthuc.policy import Policy
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.sealing import KeyRing, Sealer, read_key
from xacthuc.up import keys
from xacthuc.valkey import Store
from xacthuc.valkey.partition import PARTITIONS, partition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

MOST_RATIO: Final = 1.10
_QUEUED_AT_ONCE: Final = 200
_SETTLING_SECONDS: Final = 1.5
"""Longer than the worker's poll: the bulk lane is known to be full, or known to be empty."""
_READY_WITHIN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How much is measured."""

    rounds: int = 12
    """Of two turns each: with notices and without."""
    rate: int = 50
    """Codes a second."""
    seconds: float = 5.0
    """Of each turn."""
    notices: int = 2_000
    """More than the worker sends within a turn at the pace it ships with, ten a second."""


QUICK: Final = Turns(rounds=1, rate=20, seconds=1.0, notices=200)
"""Shows that everything runs; its figures mean nothing."""

POLICY: Final = """\
version = "benchmark-lanes"
[bulk]
hours = "00:00-24:00"
"""
PROVIDER: Final = """\
kind = "http"
name = "vendor"
channels = ["SMS"]
concurrency = 64
[request]
url = "http://127.0.0.1:{port}/"
[body]
to = "{{to}}"
text = "{{text}}"
[accepted]
status = [200]
"""


@dataclass
class Vendor:
    """Accepts every message and says when one came that is waited for."""

    awaited: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    """By number; the time is in seconds of the monotonic clock."""

    serving: set[asyncio.Task[None]] = field(default_factory=set)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begins to serve a connection."""
        self.serving.add(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection: a request is its head and a body that names its number."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                awaited = self.awaited.pop(body.partition(b'"to":"')[2].partition(b'"')[0].decode(), None)
                if awaited is not None:
                    awaited.set_result(time.monotonic())
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """The platform's side of both lanes."""

    store: Store
    challenges: ValkeyChallenges
    notices: ValkeyNotices
    number_key: bytes
    key_version: int
    template: str
    vendor: Vendor
    clock: SystemClock = field(default_factory=SystemClock)

    async def code(self, number: str) -> float:
        """Starts a challenge and returns the ms until its provider had it."""
        new = NewChallenge(
            id=self._identity(number),
            starter=Starter(platform="bench", account=number, device=number, address=number, prefix=number),
            purpose=1,
            subject="accounts/bench",
            number=number,
            masked_number="+84 ** *** **",
            locale="vi",
            brand="Bench",
            channel=1,
            operator="viettel",
            trace="",
        )
        came: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.vendor.awaited[number.removeprefix("+")] = came
        began = time.monotonic()
        await self.challenges.start(new, self.clock.now_ms())
        return (await came - began) * 1000

    async def notice(self, number: str) -> None:
        """Queues a notice."""
        identity = self._identity(number)
        new = NewNotice(
            id=identity.text,
            partition=identity.partition,
            platform="bench",
            number=number,
            template=self.template,
            locale="vi",
            brand="Bench",
            operator="viettel",
            request_id=new_request_id(),
            fingerprint="",
        )
        await self.notices.queue(new, self.clock.now_ms())

    async def empty_bulk(self) -> None:
        """Forgets all notices that wait."""
        await asyncio.gather(
            *(self.store.execute("DEL", delivery_key(partition, bulk=True)) for partition in range(PARTITIONS))
        )

    def _identity(self, number: str) -> challenge_id.ChallengeId:
        partition = partition_of(number, self.number_key)
        return challenge_id.make(partition, self.key_version, challenge_id.random_part())


@asynccontextmanager
async def working() -> AsyncIterator[Lanes]:
    """Runs a store, a provider and a worker, and gives the platform's side."""
    with TemporaryDirectory(prefix="xacthuc-bench-") as path, Valkey(Path(path) / "valkey") as valkey:
        root, vendor = Path(path), Vendor()
        server = await asyncio.start_server(vendor.connected, "127.0.0.1", 0)
        worker = _worker(root, valkey.url, server.sockets[0].getsockname()[1])
        store = await Store.connect(valkey.url)
        try:
            yield _lanes(root / "keys", store, vendor)
        finally:
            await store.close()
            worker.stop()
            server.close()
            await asyncio.gather(*vendor.serving)  # whose connections broke with the worker


def _worker(root: Path, state_url: str, port: int) -> OwnedProcess:
    (root / "keys").mkdir()
    keys.make_missing(root / "keys")
    (root / "providers").mkdir()
    (root / "providers" / "vendor.toml").write_text(PROVIDER.format(port=port), "utf-8")
    (root / "policy.toml").write_text(POLICY, "utf-8")
    environment = {
        **os.environ,
        "XACTHUC_STATE_URL": state_url,
        "XACTHUC_KEYS_DIRECTORY": str(root / "keys"),
        "XACTHUC_PROVIDERS_DIRECTORY": str(root / "providers"),
        "XACTHUC_POLICY_FILE": str(root / "policy.toml"),
    }
    log = root / "worker.log"
    worker = OwnedProcess([sys.executable, "-m", "xacthuc.otp.delivery"], log=log, environment=environment)
    worker.wait_until(lambda: b"delivery_ready" in log.read_bytes(), _READY_WITHIN)
    return worker


def _lanes(key_files: Path, store: Store, vendor: Vendor) -> Lanes:
    policy, sealer = Policy.load(), Sealer(KeyRing.read(key_files / "seal.keys"))
    number_key = read_key(key_files / "number-index.key")
    rules = Rules.of(policy.otp)
    unbounded = replace(policy.bulk, platform_per_day=10**9, system_per_day=10**9)
    notices = ValkeyNotices(
        store=store,
        limiter=Limiter(store),
        money=ValkeySpending(store=store, spend=policy.spend),
        rules=notice_rules(unbounded),
        number=NumberBudget(per_day=1, per_30_days=1),
        sealer=sealer,
        number_key=number_key,
        keep_ms=rules.keep_ms,
    )
    return Lanes(
        store=store,
        challenges=ValkeyChallenges.over(store, rules, sealer, number_key),
        notices=notices,
        number_key=number_key,
        key_version=KeyRing.read(key_files / "otp.keys").current,
        template=next(iter(policy.notices)),
        vendor=vendor,
    )


async def study(turns: Turns) -> dict[str, list[Figure]]:
    """Returns the time from start to provider in both cases, and how much longer it takes beside notices."""
    took: dict[bool, list[list[float]]] = {False: [], True: []}
    people = iter(range(10**7))
    async with working() as lanes:
        await _turn(lanes, people, QUICK, full=False)  # warms connections and caches
        for round_ in range(turns.rounds):
            for full in (False, True) if round_ % 2 else (True, False):
                took[full].append(await _turn(lanes, people, turns, full=full))
    p50, p99 = ({full: [percentile(turn, of) for turn in took[full]] for full in took} for of in (50, 99))
    # Of medians: whatever else the machine does for a second spoils single turns, of either kind.
    ratio = statistics.median(p99[True]) / statistics.median(p99[False])
    return {
        f"From a code's start to its provider, at {turns.rate} codes a second": [
            spread("p50, bulk lane empty", p50[False], "ms"),
            spread("p50, bulk lane full", p50[True], "ms"),
            spread("p99, bulk lane empty", p99[False], "ms"),
            spread("p99, bulk lane full", p99[True], "ms"),
            Figure("p99, full beside empty", ratio, "x", MOST_RATIO),
        ]
    }


async def _turn(lanes: Lanes, people: Iterator[int], turns: Turns, *, full: bool) -> list[float]:
    """Returns how long each code took, of as many as come in that time."""
    await lanes.empty_bulk()
    if full:
        for _ in range(0, turns.notices, _QUEUED_AT_ONCE):
            await asyncio.gather(*(lanes.notice(_number(next(people))) for _ in range(_QUEUED_AT_ONCE)))
    await asyncio.sleep(_SETTLING_SECONDS)
    began, codes = time.monotonic(), []
    for code in range(round(turns.rate * turns.seconds)):
        await asyncio.sleep(max(0.0, began + code / turns.rate - time.monotonic()))
        codes.append(asyncio.create_task(lanes.code(_number(next(people)))))
    return await asyncio.gather(*codes)


def _number(person: int) -> str:
    return f"+849{person:08d}"


def main(arguments: Sequence[str]) -> int:
    """Measures and prints; 1 when notices delay codes by more than a tenth and `--strict` asks for that."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lanes", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=Turns().rounds)
    parser.add_argument("--rate", type=int, default=Turns().rate, help="codes a second (default: 50)")
    parser.add_argument("--seconds", type=float, default=Turns().seconds, help="of each turn (default: 5)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when the target is missed")
    options = parser.parse_args(arguments)
    report = Report(command=" ".join(["python -m benchmarks.lanes", *arguments]))
    turns = Turns(rounds=options.rounds, rate=options.rate, seconds=options.seconds)
    report.extend(asyncio.run(study(turns)))
    print(report.text())
    return int(options.strict and bool(report.short))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
