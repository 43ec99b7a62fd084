"""`make bench`: CPU per call beside a bare server, store trips, latency, what 100 000 verifications leave, memory, start.

Each scenario takes its turns in short slices between the others', so that whatever else happens on the machine meets
all of them alike; a ratio is taken within a round, and the median of the rounds is told. The exit status is 0 whether
or not the targets are reached, because a busy machine proves nothing; `--strict` makes it 1 when one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from benchmarks import (
    broadcasts,
    cuts,
    decisions,
    families,
    flows,
    imports,
    lanes,
    seals,
    sessions,
    spellings,
    studies,
    telemetry,
    watchers,
)
from benchmarks.load import Target
from benchmarks.report import Figure, Report, spread
from benchmarks.rig import Rig
from benchmarks.studies import QUICK, Bench, Size
from xacthuc.up.adapters.identity_client import PLATFORM, development_key
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

RESULT: Final = Path("var/bench.json")
STUDIES: Final = (
    "start", "cpu", "batch", "tokens", "revocations", "trips", "latency", "leftovers", "memory", "imports",
    "sessions", "lanes", "seals", "watchers", "families", "livestream", "telemetry", "cuts", "numbers",
)  # fmt: skip
ECHO: Final = Path(__file__).with_name("echo.py")
_STARTS: Final = 3
_KEY_HEARD_SECONDS: Final = 1.5
"""Every process knows a new platform key within a second."""


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the result; returns the exit status."""
    options = parse(arguments)
    size = QUICK if options.quick else Size(verifications=options.verifications)
    report = Report(command=" ".join(["python -m benchmarks.bench", *arguments]))
    if "telemetry" in options.only:
        report.extend(uvloop.run(telemetry.study(telemetry.QUICK if options.quick else telemetry.Amount())))
    if "numbers" in options.only:
        report.extend(spellings.study(spellings.QUICK if options.quick else spellings.Amount()))
    if set(options.only) - {"telemetry", "numbers"}:
        _serve(options, size, report)
    print(report.text())
    report.write(options.out)
    print(f"\n{options.out} holds the same figures.")
    if report.short:
        print(f"Short of the target: {', '.join(report.short)}.", file=sys.stderr)
    return int(options.strict and bool(report.short))


def _serve(options: argparse.Namespace, size: Size, report: Report) -> None:
    """Takes the studies that need services."""
    with Rig() as rig:
        rig.migrate()
        for service in ("otp", "identity"):
            report.add("From start to ready", start(rig, service, 1 if options.quick else _STARTS))
        if options.only != ["start"]:
            key = development_key(rig.layout, rig.ports.identity_internal)
            uvloop.run(run(rig, size, key, report, options.only))


def start(rig: Rig, service: str, times: int) -> Figure:
    """Starts a service several times and leaves it running."""
    seconds = []
    for turn in range(times):
        if turn:
            rig.stop(service)
        seconds.append(rig.start(service))
    return spread(service, seconds, "s", at_most=1.5)


async def run(rig: Rig, size: Size, key: str, report: Report, only: Collection[str]) -> None:
    """Takes the studies one after the other; delivery joins when CPU and trips are known."""
    store = await Store.connect(rig.state_url)
    await asyncio.sleep(_KEY_HEARD_SECONDS)
    async with (
        Target(rig.ports.otp_public, rig.pid("otp"), key) as otp,
        Target(rig.ports.identity_public, rig.pid("identity"), key) as identity,
    ):
        reader = flows.Reader(rig.layout.keys / "otp.keys", PLATFORM)
        bench = Bench(size=size, rig=rig, store=store, otp=otp, identity=identity, reader=reader)
        await studies.populate(bench)
        if "cpu" in only:
            echo_address = rig.start_program("echo", [sys.executable, str(ECHO), *await studies.echoed(bench)])
            async with Target(echo_address, rig.pid("echo"), key) as echo:
                report.extend(await studies.cpu(bench, echo))
            rig.stop("echo")
        if "batch" in only:
            report.extend(await decisions.batch(bench))
        if "tokens" in only:
            report.extend(await decisions.tokens(bench))
        if "revocations" in only:
            report.extend(await decisions.revocations(bench, key))
        if "seals" in only:
            report.extend(await seals.study(bench, seals.QUICK if size is QUICK else seals.Amount()))
        if "trips" in only:
            report.extend(await studies.trips(bench))
        rig.start("otp-delivery")
        if "latency" in only:
            report.extend(await studies.latency(bench))
        if "leftovers" in only:
            report.extend(await studies.leftovers(bench))
        if "memory" in only:
            report.extend(studies.memory(bench))
        rig.stop("otp-delivery")
    await _apart(bench, key, report, only)
    await store.close()


async def _apart(bench: Bench, key: str, report: Report, only: Collection[str]) -> None:
    """Takes the studies that have callers of their own."""
    rig, quick = bench.rig, bench.size is QUICK
    if "sessions" in only:
        report.extend(await sessions.study(rig, key, sessions.QUICK if quick else sessions.Amount()))
    if "imports" in only:
        report.extend(await imports.study(rig, imports.QUICK if quick else imports.Amount()))
    if "families" in only:
        report.extend(await families.study(rig, key, families.QUICK if quick else families.Amount()))
    if "lanes" in only:
        report.extend(await lanes.study(lanes.QUICK if quick else lanes.Turns()))
    if "livestream" in only:
        amount = broadcasts.QUICK if quick else broadcasts.Amount()
        report.extend(await broadcasts.study(rig, key, bench.verified, amount))
    if "cuts" in only:
        report.extend(await cuts.study(rig, key, bench.verified, cuts.QUICK if quick else cuts.Amount()))
    if "watchers" in only:
        crowd = watchers.QUICK if quick else watchers.Amount()
        report.extend(await watchers.study(rig, key, bench.verified, crowd))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Returns the options of a command line; SystemExit 2 with advice when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="run everything once, small: shows that it works")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=STUDIES,
        default=list(STUDIES),
        help="the studies to take (default: all); starts are measured wherever services are needed",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--out", type=Path, default=RESULT, help=f"where the figures go (default: {RESULT})")
    parser.add_argument(
        "--verifications",
        type=_positive,
        default=Size().verifications,
        help="how many to leave keys by (default: 100000)",
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
