"""What clearing a broadcast costs the livestream process, beside a bare server, and what it costs identity.

Each call is two transactions, one question to identity and one signature, so its multiple of a bare server's is told
without a target.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import flows, measure, watchers
from benchmarks.load import Target
from benchmarks.report import Figure, spread
from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.message import Message

    from benchmarks.rig import Rig

SERVICE: Final = "/xacthuc.api.livestream.v1.LivestreamService"
ECHO: Final = "/benchmarks.Echo/AuthorizeBroadcast"
_PROGRAM: Final = Path(__file__).with_name("echo.py")
_WIDTH: Final = 16
"""Each call holds one of the process's ten connections a third of its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is cleared."""

    rounds: int = 5
    calls: int = 400


QUICK: Final = Amount(rounds=1, calls=10)
"""Shows that everything runs; its figures mean nothing."""


async def study(rig: Rig, key: str, people: Sequence[int], amount: Amount) -> dict[str, list[Figure]]:
    """Begins, renews and ends broadcasts of people with a verified number. Starts the services it needs."""
    rig.start("livestream")
    async with Target(rig.ports.livestream_public, rig.pid("livestream"), key) as livestream:
        await watchers.known(rig.ports.livestream_public, key)
        (answer,) = (await livestream.in_flight(f"{SERVICE}/AuthorizeBroadcast", _begin("warm", people[:1]))).answers
        await livestream.in_flight(f"{SERVICE}/EndBroadcast", _named("EndBroadcast", "warm", people[:1]))
        address = rig.start_program("echo", [sys.executable, str(_PROGRAM), "", "", answer.hex()])
        async with Target(address, rig.pid("echo"), key) as echo:
            cost = await _measured(rig, livestream, echo, list(islice(cycle(people), amount.calls)), amount.rounds)
    rig.stop("echo")
    rig.stop("livestream")
    bare = cost["echo of AuthorizeBroadcast"]
    called = ("AuthorizeBroadcast", "RenewGrant", "EndBroadcast")
    return {
        "CPU of livestream per call as a multiple of the echo server's": [
            spread(name, [ours / floor for ours, floor in zip(cost[name], bare, strict=True)], "x") for name in called
        ],
        "CPU per broadcast on this machine": [spread(name, values, "us") for name, values in cost.items()],
    }


async def _measured(
    rig: Rig, livestream: Target, echo: Target, people: Sequence[int], rounds: int
) -> dict[str, list[float]]:
    cost: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        show = f"r{number}"
        begun = _begin(show, people)
        before = measure.cpu_seconds(rig.pid("identity"))
        windows = {"AuthorizeBroadcast": await livestream.in_flight(f"{SERVICE}/AuthorizeBroadcast", begun, _WIDTH)}
        asked = measure.cpu_seconds(rig.pid("identity")) - before
        windows["echo of AuthorizeBroadcast"] = await echo.in_flight(ECHO, begun, _WIDTH)
        for verb in ("RenewGrant", "EndBroadcast"):
            windows[verb] = await livestream.in_flight(f"{SERVICE}/{verb}", _named(verb, show, people), _WIDTH)
        if number:  # the first round warms both sides
            for name, window in windows.items():
                cost[name].append(window.cpu_us)
            cost["identity, CheckBroadcaster"].append(asked / len(people) * 1e6)
    return cost


def _begin(show: str, people: Iterable[int]) -> list[bytes]:
    return [
        service_pb2.AuthorizeBroadcastRequest(
            account=flows.account(person), broadcast_id=f"{show}-{at}", request_id=new_request_id()
        ).SerializeToString()
        for at, person in enumerate(people)
    ]


def _named(verb: str, show: str, people: Sequence[int]) -> list[bytes]:
    request: Any = getattr(service_pb2, f"{verb}Request")
    made: list[Message] = [
        request(name=f"broadcasts/{show}-{at}", request_id=new_request_id()) for at in range(len(people))
    ]
    return [each.SerializeToString() for each in made]
