"""`make backfill-million`: an export of so many rows from nothing to registered accounts, on the bundled engines.

Makes a sample, checks it, plans a campaign over it, parts and imports it into two identity processes, and says once more
what was said: the second time nothing may change. Then it makes a campaign of the import, which it ends before anybody is
sent a message, reports what it came to and verifies the signed report. Every step is the command an officer gives, in a
process of its own, whose CPU and memory the kernel tells.
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
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import measure
from benchmarks.report import Figure, Report
from benchmarks.rig import Rig
from xacthuc.audit.checkpoints import written_keys
from xacthuc.up.adapters.identity_client import PLATFORM, development_key

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT: Final = Path("var/backfill.json")
_COMMAND: Final = (sys.executable, "-m", "xacthuc.cli.main")
_IDENTITIES: Final = ("identity", "identity-2")
_DONE: Final = (0, 4)
"""Samples are dirty: rows are rejected and repeated."""
_PLAN: Final = """\
[budget]
vnd_per_day = 20_000_000
notices_per_day = -1
person_notices = 3
person_gap_days = 7
[[providers]]
name = "first"
channel = "SMS"
cost_vnd = 800
per_second = 20
[[providers]]
name = "second"
channel = "ZALO_ZNS"
cost_vnd = 300
per_second = 10
"""
_MOST_MIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Step:
    """What a command said, and what it took."""

    told: Any
    seconds: float
    cpu_seconds: float
    peak_mib: float

    def figures(self, rows: int) -> list[Figure]:
        return [
            Figure("rows a second", rows / self.seconds, "/s"),
            Figure("CPU", self.cpu_seconds / rows * 1e5, "s/100 000"),
            Figure("most memory of a process", self.peak_mib, "MiB", at_most=_MOST_MIB),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What sending some parts took."""

    rows: int
    seconds: float
    senders_seconds: float
    identity_seconds: float
    database_seconds: float
    peak_mib: float

    @property
    def cpu_seconds(self) -> float:
        return self.senders_seconds + self.identity_seconds + self.database_seconds

    @property
    def a_row(self) -> float:
        return self.cpu_seconds / self.rows


@dataclass(frozen=True, slots=True)
class _Campaign:
    """A campaign of an import, from the dry run to the verified report."""

    accounts: int
    figures: list[Figure]
    is_whole: bool
    """Whether every account and every row is accounted for, in the report as it was verified."""

    @classmethod
    def of(cls, rig: Rig, directory: str, plan: Path) -> _Campaign:
        root, today = rig.layout.root, datetime.now(UTC).date().isoformat()
        secret, public, out = root / "report.pem", root / "report.pub", root / "report.json"
        key = Ed25519PrivateKey.generate()
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public.write_text(written_keys([key.public_key().public_bytes_raw()]))
        start = (
            "start",
            directory,
            "--platform",
            PLATFORM,
            "--campaign",
            "spring",
            "--plan",
            str(plan),
            "--start",
            today,
        )
        dry = _run(rig, *start)
        asked = sum(each["accounts"] for each in dry.told)
        made = _run(rig, *start, "--yes")
        _run(rig, "kill", PLATFORM, "spring", "--reason", "measured", "--yes")
        words = ("report", PLATFORM, "spring", "--import", directory)
        report = _run(rig, *words, "--out", str(out), "--sign-key", str(secret))
        page = _run(rig, *words, "--out", str(out.with_suffix(".html")))
        verified = _run(rig, "verify", str(out), "--public-key", str(public))
        told = verified.told
        why = sum(each["rows"] for each in told["reasons"])
        figures = [
            Figure("start without --yes", dry.seconds, "s"),
            Figure("accounts a second, start --yes", asked / made.seconds, "/s"),
            Figure("report, signed", report.seconds, "s"),
            Figure("report, a page", page.seconds, "s"),
            Figure("verify", verified.seconds, "s"),
            Figure("rows rejected or repeated, with a reason", why, ""),
            Figure(
                "most memory of a process",
                max(each.peak_mib for each in (dry, made, report, page)),
                "MiB",
                at_most=_MOST_MIB,
            ),
        ]
        rows = told["rows"]
        is_whole = told["accounts_balance"] and told["rows_balance"] and why == rows["rejected"] + rows["repeated"]
        return cls(asked, figures, is_whole and asked == told["accounts"])


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the result; returns the exit status: 1 when the rows do not balance."""
    options = _parse(arguments)
    rows: int = options.rows
    report = Report(command=" ".join(["python -m benchmarks.backfill", *arguments]))
    with Rig() as rig:
        rig.migrate()
        identities = _IDENTITIES[: options.identities]
        for service in ("otp", *identities, "backfill"):
            rig.start(service)
        development_key(rig.layout, rig.ports.identity_internal)
        export = rig.layout.root / "accounts.csv"
        subprocess.run([*_COMMAND, "backfill", "sample", "--rows", str(rows), "--out", str(export)], check=True)
        check = _run(rig, "check", str(export))
        plan = rig.layout.root / "campaign.toml"
        plan.write_text(_PLAN)
        planned = _run(rig, "plan", str(export), "--plan", str(plan), "--start", datetime.now(UTC).date().isoformat())
        words = ("import", str(export), "--platform", PLATFORM, "--shards", str(options.parts))
        split = _run(rig, *words)
        halves = [
            _send(rig, identities, words, parts)
            for parts in (range(options.parts // 2), range(options.parts // 2, options.parts))
        ]
        merged = _run(rig, "merge", f"{export}.backfill", "--platform", PLATFORM)
        again = _run(rig, *words, "--yes")
        campaign = _Campaign.of(rig, f"{export}.backfill", plan)
        report.add(f"check, {rows} rows", *check.figures(rows))
        report.add("plan", *planned.figures(rows))
        report.add("import without --yes: classified and parted", *split.figures(rows))
        report.add(
            f"import --yes, identity processes: {len(identities)}, each sent parts by a process of its own",
            Figure("rows a second", rows / sum(half.seconds for half in halves), "/s"),
            Figure("CPU of all of it", sum(half.cpu_seconds for half in halves) / rows * 1e5, "s/100 000"),
            Figure("of that, identity", sum(half.identity_seconds for half in halves) / rows * 1e5, "s/100 000"),
            Figure("of that, PostgreSQL", sum(half.database_seconds for half in halves) / rows * 1e5, "s/100 000"),
            Figure("CPU of the second half of the rows to the first's", halves[1].a_row / halves[0].a_row, "x"),
            Figure("most memory of a sending process", max(half.peak_mib for half in halves), "MiB", at_most=_MOST_MIB),
            Figure("memory of identity", max(measure.peak_mib(rig.pid(each)) for each in identities), "MiB"),
        )
        report.add("the same said again", Figure("seconds", again.seconds, "s"))
        report.add(f"a campaign of it, {campaign.accounts} accounts", *campaign.figures)
    print(report.text())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    report.write(options.out)
    told = {name: merged.told[name] for name in ("rows", "accepted_rows", "repeated_rows", "rejected_rows", "balances")}
    print(f"\n{json.dumps(told)}\n{options.out} holds the same figures.")
    return int(not (merged.told["balances"] and again.told == merged.told and campaign.is_whole))


def _send(rig: Rig, identities: Sequence[str], words: Sequence[str], parts: Sequence[int]) -> Sent:
    """Sends parts as an Indexed Job does, as many beside each other as there are identity processes."""
    free = SimpleQueue[str]()
    for address, _ in zip((rig.ports.identity_internal, rig.second_internal), identities, strict=False):
        free.put(address)

    def one(part: int) -> Step:
        address = free.get()
        try:
            return _run(rig, *words, "--yes", "--shard", str(part), address=address)
        finally:
            free.put(address)

    identity, database = _cpu_seconds(rig, identities), measure.family_cpu_seconds(rig.database_pid)
    began = time.monotonic()
    with ThreadPoolExecutor(len(identities)) as threads:
        steps = list(threads.map(one, parts))
    return Sent(
        rows=sum(step.told["rows"] for step in steps),
        seconds=time.monotonic() - began,
        senders_seconds=sum(step.cpu_seconds for step in steps),
        identity_seconds=_cpu_seconds(rig, identities) - identity,
        database_seconds=measure.family_cpu_seconds(rig.database_pid) - database,
        peak_mib=max(step.peak_mib for step in steps),
    )


def _cpu_seconds(rig: Rig, services: Sequence[str]) -> float:
    return sum(measure.cpu_seconds(rig.pid(service)) for service in services)


def _run(rig: Rig, *words: str, address: str = "") -> Step:
    """Runs `xacthuc backfill` to its end; ValueError when it fails."""
    reached = {
        "--identity-admin": address or rig.ports.identity_internal,
        "--backfill-admin": rig.ports.backfill_internal,
    }
    where = (*chain.from_iterable(reached.items()), "--tls", str(rig.layout.tls))
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
    options = parser.parse_args(arguments)
    if options.parts < 2:
        parser.error("--parts: at least 2, since the two halves of the rows are compared")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
