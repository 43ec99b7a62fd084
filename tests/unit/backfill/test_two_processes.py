"""Two processes that read one table: in order, and neither outlives the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from xacthuc.backfill.adapters.two_processes import in_two
from xacthuc.tables.rows import Turn


@pytest.mark.parametrize("size", range(6))
def test_what_both_make_comes_in_the_order_of_the_table(size: int) -> None:
    def work(turn: Turn) -> Iterator[tuple[int, int]]:
        return ((each, turn.number) for each in range(size) if turn.has(each))

    assert list(in_two(work)) == [(each, each % 2) for each in range(size)]


def test_a_process_that_died_is_told_and_costs_no_row_in_silence() -> None:
    def work(turn: Turn) -> Iterator[int]:
        for each in range(turn.number, 10, 2):
            if each == 5:
                os._exit(9)
            yield each

    with pytest.raises(OSError, match="died"):
        list(in_two(work))


def test_who_reads_no_further_leaves_no_process_behind() -> None:
    program = (
        "from contextlib import closing; from xacthuc.backfill.adapters.two_processes import in_two\n"
        "with closing(in_two(lambda turn: (bytes(1 << 20) for _ in range(99)))) as both: next(both), next(both)\n"
    )
    # It would not end while a child of it holds the pipe of its output.
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)
