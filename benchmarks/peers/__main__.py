"""`make bench-peers`: starts and checks per second and CPU per call, ours and better-auth's, in turns."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
import uvloop

from benchmarks import flows
from benchmarks.load import Target
from benchmarks.peers.driver import HttpTarget
from benchmarks.report import Report, spread
from benchmarks.rig import Rig
from xacthuc.up.adapters.identity_client import PLATFORM, development_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.load import Window

RESULT: Final = Path("var/bench-peers.json")
_HERE: Final = Path(__file__).parent
_KEY_HEARD_SECONDS: Final = 1.5
_OURS: Final = "Xacthuc"
_THEIRS: Final = "better-auth"
_ROUNDS: Final = 5
_CALLS: Final = 1_000
_QUICK_CALLS: Final = 64


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the result; returns the exit status."""
    options = parse(arguments)
    if not install():
        return 1
    report = Report(command=" ".join(["python -m benchmarks.peers", *arguments]))
    with Rig() as rig:
        rig.migrate()
        rig.start("otp")
        rig.start("identity")
        key = development_key(rig.layout, rig.ports.identity_internal)
        secret = os.urandom(32).hex()
        peer = rig.start_program(
            _THEIRS, ["node", str(_HERE / "server.mjs")], {"BETTER_AUTH_SECRET": secret, "NODE_ENV": "production"}
        )
        rounds, calls = (1, _QUICK_CALLS) if options.quick else (_ROUNDS, _CALLS)
        uvloop.run(compare(rig, key, peer, report, rounds=rounds, calls=calls))
    print(report.text())
    report.write(options.out)
    print(f"\n{options.out} holds the same figures.")
    return 0


def install() -> bool:
    """Puts the pinned packages beside server.mjs; says what is missing when it cannot."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("bench-peers needs Node 20 or newer with npm.", file=sys.stderr)
        return False
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    return (_HERE / "node_modules").exists() or subprocess.run(command, cwd=_HERE, check=False).returncode == 0


async def compare(rig: Rig, key: str, peer: str, report: Report, *, rounds: int, calls: int) -> None:
    """Gives each side its turns with the same people: start, a wrong code, the right code."""
    await asyncio.sleep(_KEY_HEARD_SECONDS)
    reader = flows.Reader(rig.layout.keys / "otp.keys", PLATFORM)
    cpu: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    speed: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def note(step: str, side: str, window: Window) -> None:
        cpu[step][side].append(window.cpu_us)
        speed[step][side].append(window.per_second)

    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(Target(rig.ports.otp_public, rig.pid("otp"), key))
        theirs = await stack.enter_async_context(HttpTarget(peer, rig.pid(_THEIRS)))
        for turn in range(rounds + 1):  # the first warms both sides and is not told
            people = range(turn * calls, (turn + 1) * calls)
            numbers = [f"+84{flows.number(person)[1:]}" for person in people]

            started = await ours.in_flight(flows.START, flows.starts(people))
            names = flows.started(started.answers)
            asked = await theirs.in_flight(
                "/api/auth/phone-number/send-otp", [{"phoneNumber": number} for number in numbers], 200
            )
            codes = orjson.loads((await theirs.in_flight("/captured", [numbers], 200)).answers[0])
            guesses, solutions = _attempts(numbers, codes)
            wrong = await ours.in_flight(flows.CHECK, reader.wrong(names))
            refused = await theirs.in_flight("/check", guesses, 400)
            right = await ours.in_flight(flows.CHECK, reader.right(names))
            accepted = await theirs.in_flight("/check", solutions, 200)
            flows.checked(wrong.answers, right=False)
            flows.checked(right.answers, right=True)
            if turn:
                for step, own, other in (
                    ("start", started, asked),
                    ("wrong", wrong, refused),
                    ("right", right, accepted),
                ):
                    note(step, _OURS, own)
                    note(step, _THEIRS, other)

    for step, title in (("start", "Start"), ("wrong", "Check, wrong code"), ("right", "Check, right code")):
        for side in (_OURS, _THEIRS):
            report.add(title, spread(f"{side}, CPU", cpu[step][side], "µs"))
            report.add(title, spread(f"{side}, calls a second", speed[step][side], "/s"))
        ratios = [own / other for own, other in zip(cpu[step][_OURS], cpu[step][_THEIRS], strict=True)]
        report.add(title, spread("our CPU as a multiple of theirs", ratios, "x"))


def _attempts(numbers: list[str], codes: list[str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Returns a wrong and a right check for each number."""
    pairs = list(zip(numbers, codes, strict=True))
    wrong = [{"phoneNumber": number, "code": f"{(int(code) + 1) % 10**6:06d}"} for number, code in pairs]
    return wrong, [{"phoneNumber": number, "code": code} for number, code in pairs]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Returns the options of a command line; SystemExit 2 with advice when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="run everything once, small: shows that it works")
    parser.add_argument("--out", type=Path, default=RESULT, help=f"where the figures go (default: {RESULT})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
