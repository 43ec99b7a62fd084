"""The traffic of docs/fraud.md: `python -m xacthuc.otp.simulate.demo traffic.jsonl` writes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from xacthuc.otp.simulate.generate import DAY_MS, Attack, Days, traffic
from xacthuc.otp.simulate.traffic import Event, write
from xacthuc.ratelimit.gcra import HOUR_MS

SEED: Final = 7
START_MS: Final = 1_795_366_800_000
"""2026-11-23 00:00 in Vietnam."""

BLOCKS_OF_A_FARM: Final = 500


def demonstration() -> list[Event]:
    """Returns two days of 50 000 messages; on the second, one block is attacked, then five hundred together."""
    second_day_ms = START_MS + DAY_MS
    one = Attack(start_ms=second_day_ms + 10 * HOUR_MS, lasting_ms=3 * HOUR_MS, per_minute=30)
    many = Attack(
        start_ms=second_day_ms + 15 * HOUR_MS,
        lasting_ms=2 * HOUR_MS,
        per_minute=120,
        blocks=tuple(f"farm-{number}" for number in range(BLOCKS_OF_A_FARM)),
    )
    return traffic(SEED, Days(start_ms=START_MS, days=2), (one, many))


if __name__ == "__main__":
    write(Path(sys.argv[1]), demonstration())
