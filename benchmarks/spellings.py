"""What reading a phone number takes of the CPU, by how it is spelled."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.report import Figure, spread
from xacthuc.phone import NumberPlan

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_US: Final = 3.0
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "0912345678": lambda nsn: f"0{nsn}",
    "+84912345678": lambda nsn: f"+84{nsn}",
    "0912 345 678": lambda nsn: f"0{nsn[:3]} {nsn[3:6]} {nsn[6:]}",
    "+84 (0)91 234 5678": lambda nsn: f"+84 (0){nsn[:2]} {nsn[2:5]} {nsn[5:]}",
    "tel:+84-91-234-5678": lambda nsn: f"tel:+84-{nsn[:2]}-{nsn[2:5]}-{nsn[5:]}",
    "no-break spaces": lambda nsn: f"0{nsn[:3]}\u00a0{nsn[3:6]}\u00a0{nsn[6:]}",
    "full-width digits": lambda nsn: "".join(chr(0xFF10 + int(digit)) for digit in f"0{nsn}"),
    "of before 2018": lambda nsn: f"0162{nsn[2:]}",
    "a digit short": lambda nsn: f"0{nsn[:-1]}",
    "a fixed line": lambda nsn: f"024{nsn[1:]}",
    "with an extension": lambda nsn: f"0{nsn} ext. 12",
    "with a letter": lambda nsn: f"0{nsn[:4]}O{nsn[5:]}",
}
"""Each as its own example, or what is unusual about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is measured."""

    rounds: int = 15
    numbers: int = 5_000
    """In a round, of each spelling."""


QUICK: Final = Amount(rounds=1, numbers=50)
"""Shows that everything runs; its figures mean nothing."""


def study(amount: Amount) -> dict[str, list[Figure]]:
    """Reports each spelling, and their mean; the spellings take turns in each round."""
    plan, chance = NumberPlan.load(), random.Random(147)
    texts = {
        name: [spelled(f"9{chance.randrange(10**8):08d}") for _ in range(amount.numbers)]
        for name, spelled in SPELLINGS.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(amount.rounds):
        for name, some in texts.items():
            began = time.process_time_ns()
            for text in some:
                plan.parse(text)
            taken[name].append((time.process_time_ns() - began) / len(some) / 1000)
    means = [sum(one) / len(one) for one in zip(*taken.values(), strict=True)]
    figures = [spread(name, times, "µs") for name, times in taken.items()]
    return {"Reading a number": [spread("a number, all spellings", means, "µs", at_most=_MOST_US), *figures]}
