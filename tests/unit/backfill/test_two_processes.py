"""Two processes that read one table: in order, and neither outlives the other.

In a process of its own: this one may have gRPC's threads, with which none is forked.
"""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent


def test_what_both_make_comes_in_the_order_of_the_table() -> None:
    ran("""
        def work(size, turn):
            return ((each, turn.number) for each in range(size) if turn.has(each))

        for size in range(6):
            made = list(in_two(partial(work, size)))
            assert made == [(each, each % 2) for each in range(size)], made
    """)


def test_a_process_that_died_is_told_and_costs_no_row_in_silence() -> None:
    ran("""
        def work(turn):
            for each in range(turn.number, 10, 2):
                if each == 5:
                    os._exit(9)
                yield each

        try:
            made = list(in_two(work))
        except OSError as error:
            made = str(error)
        assert "died" in made, made
    """)


def test_who_reads_no_further_leaves_no_process_behind() -> None:
    # It would not end while a child of it holds the pipe of its output.
    ran("""
        with closing(in_two(lambda turn: (bytes(1 << 20) for _ in range(99)))) as both:
            next(both), next(both)
    """)


def ran(program: str) -> None:
    imports = """
        import os
        from contextlib import closing
        from functools import partial
        from xacthuc.backfill.adapters.two_processes import in_two
    """
    process = [sys.executable, "-c", dedent(imports) + dedent(program)]
    done = subprocess.run(process, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
