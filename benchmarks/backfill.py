"""`make backfill-million`: an export of so many rows from nothing to registered accounts, on the bundled engines.

Makes a sample, checks it, parts and imports it into two identity processes, and says once more what was said: the second
time nothing may change. Every step is the command an officer gives, in a process of its own, whose CPU and memory the
kernel tells.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from benchmarks import measure
from benchmarks.report import Figure, Report
from benchmarks.rig import Rig
from xacthuc.up.adapters.identity_client import PLATFORM, development_key

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT: Final = Path("var/backfill.json")
_COMMAND: Final = (sys.executable, "-m", "xacthuc.cli.main")
_IDENTITIES: Final = ("identity", "identity-2")
_DONE: Final = (0, 4)
"""Samples are dirty: rows are rejected and repeated."""
_MOST_MIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Step:
    """What a command said, and what it took."""

    told: dict[str, Any]
    seconds: float
    cpu_seconds: float
    peak_mib: float

    def figures(self, rows: int) -> list[Figure]:
        return [
            Figure("rows a second", rows / self.seconds, "/s"),
            Figure("CPU", self.cpu_seconds / rows * 1e5, "s/100 000"),
            Figure("most memory of a process", self.peak_mib, "MiB", at_most=_MOST_MIB),
        ]


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the result; returns the exit status: 1 when the rows do not balance."""
    options = _parse(arguments)
    rows: int = options.rows
    report = Report(command=" ".join(["python -m benchmarks.backfill", *arguments]))
    with Rig() as rig:
        rig.migrate()
        identities = _IDENTITIES[: options.identities]
        for service in ("otp", *identities):
            rig.start(service)
        development_key(rig.layout, rig.ports.identity_internal)
        export = rig.layout.root / "accounts.csv"
        subprocess.run([*_COMMAND, "backfill", "sample", "--rows", str(rows), "--out", str(export)], check=True)
        check = _run(rig, "check", str(export))
        words = ("import", str(export), "--platform", PLATFORM, "--shards", str(options.parts))
        split = _run(rig, *words)
        began = _cpu_seconds(rig, identities), measure.family_cpu_seconds(rig.database_pid)
        sent = _send(rig, identities, words, options.parts)
        ours = _cpu_seconds(rig, identities) - began[0]
        database = measure.family_cpu_seconds(rig.database_pid) - began[1]
        again = _run(rig, *words, "--yes")
        report.add(f"check, {rows} rows", *check.figures(rows))
        report.add("import without --yes: classified and parted", *split.figures(rows))
        report.add(
            f"import --yes, identity processes: {len(identities)}, each sent parts by a process of its own",
            *sent.figures(sent.told["accepted_rows"]),
            Figure("CPU of identity", ours / rows * 1e5, "s/100 000"),
            Figure("CPU of PostgreSQL", database / rows * 1e5, "s/100 000"),
            Figure("memory of identity", max(measure.peak_mib(rig.pid(each)) for each in identities), "MiB"),
        )
        report.add("the same said again", Figure("seconds", again.seconds, "s"))
    print(report.text())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    report.write(options.out)
    told = {name: sent.told[name] for name in ("rows", "accepted_rows", "repeated_rows", "rejected_rows", "balances")}
    print(f"\n{json.dumps(told)}\n{options.out} holds the same figures.")
    return int(not sent.told["balances"] or again.told != sent.told)


def _send(rig: Rig, identities: Sequence[str], words: Sequence[str], parts: int) -> Step:
    """Sends the parts as an Indexed Job does, beside each other as many as there are identity processes; adds them up."""
    addresses = [rig.ports.identity_internal, rig.second_internal]
    free = SimpleQueue[str]()
    for address, _ in zip(addresses, identities, strict=False):
        free.put(address)

    def one(part: int) -> Step:
        address = free.get()
        try:
            return _run(rig, *words, "--yes", "--shard", str(part), address=address)
        finally:
            free.put(address)

    began = time.monotonic()
    with ThreadPoolExecutor(len(identities)) as threads:
        steps = list(threads.map(one, range(parts)))
    told = _run(rig, "merge", f"{words[1]}.backfill", "--platform", PLATFORM)
    return Step(
        told=told.told,
        seconds=time.monotonic() - began,
        cpu_seconds=sum(step.cpu_seconds for step in (*steps, told)),
        peak_mib=max(step.peak_mib for step in (*steps, told)),
    )


def _cpu_seconds(rig: Rig, services: Sequence[str]) -> float:
    return sum(measure.cpu_seconds(rig.pid(service)) for service in services)


def _run(rig: Rig, *words: str, address: str = "") -> Step:
    """Runs `xacthuc backfill` to its end; ValueError when it fails."""
    where = ("--identity-admin", address or rig.ports.identity_internal, "--tls", str(rig.layout.tls))
    said = rig.layout.root / f"said-{threading.get_ident()}.json"
    began = time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen([*_COMMAND, *where, "backfill", *words, "--json"], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in _DONE:
        raise ValueError(f"{words[0]} ended with {process.returncode}")
    return Step(
        told=json.loads(said.read_bytes()),
        seconds=time.monotonic() - began,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1_024,
    )


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--identities", type=int, choices=(1, 2), default=2)
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
