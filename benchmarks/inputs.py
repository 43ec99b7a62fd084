"""`make backfill-inputs`: what checking an export of each kind takes, and of exports that are made to hurt.

Every input is checked by the officer's command in a process of its own, whose CPU and memory, with those of the process
that reads along, the kernel tells. None may take a GiB, and each ends by being read or by being refused.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import parquet

from benchmarks.report import Figure, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULT: Final = Path("var/inputs.json")
_COMMAND: Final = (sys.executable, "-m", "xacthuc.cli.main", "backfill")
_MOST_MIB: Final = 1_024
_BLOCK: Final = 1 << 20
_LONG_LINE_BYTES: Final = 2 << 30
_LONG_CELL_BYTES: Final = 1 << 20
_UNLIMITED: Final = 1 << 30


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the result; returns 1 when an input took more than it may."""
    options = _parse(arguments)
    report = Report(command=" ".join(["python -m benchmarks.inputs", *arguments]))
    wanted = options.only or list(_INPUTS)
    with TemporaryDirectory(prefix="xacthuc-inputs-", dir=options.directory) as directory:
        for name in wanted:
            ending, make = _INPUTS[name]
            path = Path(directory) / f"export{ending}"
            make(path, options.rows)
            report.add(f"{name}, {path.stat().st_size >> 20} MiB", *_checked(path))
            for each in Path(directory).iterdir():
                each.unlink()
            print(report.text(), flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    report.write(options.out)
    return int(bool(report.short))


def _checked(path: Path) -> list[Figure]:
    said = path.with_name("said.json")
    began = time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen([*_COMMAND, "check", str(path), "--json"], stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds, cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
    told = json.loads(said.read_bytes())
    return [
        Figure("ended with", process.returncode, ""),
        Figure("rows", told.get("rows", 0), ""),
        Figure("of these rejected", told.get("rejected_rows", 0), ""),
        Figure("seconds", seconds, "s"),
        Figure("CPU", cpu, "s"),
        Figure("most memory of a process", usage.ru_maxrss / 1_024, "MiB", at_most=_MOST_MIB),
    ]


def _sample(path: Path, rows: int) -> None:
    subprocess.run(
        [*_COMMAND, "sample", "--rows", str(rows), "--out", str(path)], check=True, stdout=subprocess.DEVNULL
    )


def _one_line(path: Path, _: int) -> None:
    """Writes a line that has no end."""
    with path.open("wb") as file:
        file.write(b"account_id,full_name\n")
        for _ in range(_LONG_LINE_BYTES // _BLOCK):
            file.write(b"a" * _BLOCK)


def _one_group(path: Path, rows: int) -> None:
    """Writes all rows as one group of rows, each column of it as one page."""
    whole = path.with_name("whole.parquet")
    _sample(whole, rows)
    table = parquet.read_table(whole)
    parquet.write_table(
        table, path, row_group_size=_UNLIMITED, data_page_size=_UNLIMITED, use_dictionary=False, compression="none"
    )
    whole.unlink()


def _one_cell_again_and_again(path: Path, rows: int) -> None:
    """Writes few bytes that become as many cells as there are rows, a mebibyte each."""
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * _LONG_CELL_BYTES]))
    ids = pa.array([f"u{each}" for each in range(rows)])
    parquet.write_table(pa.table({"account_id": ids, "full_name": names}), path, compression="zstd")


def _one_number(path: Path, rows: int) -> None:
    """Writes accounts all of which have one number and one personal ID."""
    with path.open("w", encoding="utf-8") as file:
        file.write("account_id,full_name,birth_date,phone_number,sells,personal_id\n")
        for each in range(rows):
            file.write(f"u{each},An Bình,1990-01-02,0912345678,yes,001090000001\n")


def _one_account(path: Path, rows: int) -> None:
    """Writes one account as often as there are rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write("account_id,phone_number\n")
        for _ in range(rows):
            file.write("u1,0912345678\n")


_INPUTS: Final[dict[str, tuple[str, Callable[[Path, int], None]]]] = {
    "CSV": (".csv", _sample),
    "JSON Lines": (".jsonl", _sample),
    "Parquet": (".parquet", _sample),
    "a line without an end": (".csv", _one_line),
    "Parquet of one group and one page a column": (".parquet", _one_group),
    "Parquet of one long cell again and again": (".parquet", _one_cell_again_and_again),
    "one number for everybody": (".csv", _one_number),
    "one account again and again": (".csv", _one_account),
}


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inputs", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", nargs="*", choices=list(_INPUTS), default=None)
    parser.add_argument("--directory", type=Path, default=None, help="where inputs lie while they are checked")
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
