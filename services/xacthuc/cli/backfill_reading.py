"""Reading exports as the commands of the backfill do: their options, and how batches of accounts come of them."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from __future__ import annotations

import gc
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from xacthuc.backfill.adapters.columns import Columns, Guesser
    from xacthuc.backfill.adapters.exports import Export
    from xacthuc.backfill.adapters.reading import AccountReader
    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.domain.deadline import Deadline
    from xacthuc.backfill.ports.repeats import Digest
    from xacthuc.backfill.usecases.check import Check, Tally
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy
    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Rejected, Turn

Exports = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...", help="CSV, JSON Lines, Parquet or a .query.toml; patterns; - for standard input."
    ),
]
ColumnsFile = Annotated[
    Path | None,
    typer.Option("--columns", metavar="FILE", help="TOML that says which column is what; guessed unless given."),
]
EncodingOfText = Annotated[
    str, typer.Option("--encoding", help="Of text, where it cannot be told: windows-1258, tcvn3.")
]
Start = Annotated[
    str,
    typer.Option(
        "--start", metavar="DATE", help="When the law came to cover the platform; that of Decree 147 unless given."
    ),
]
Days = Annotated[int | None, typer.Option("--days", min=1, help="How long the law gives; 90 unless given.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="A policy file of your own, as the services read it.")
]
NumberingPlan = Annotated[
    Path | None,
    typer.Option("--numbering-plan", metavar="FILE", help="A numbering plan of your own, as the services read it."),
]

REJECTS: Final = ("file", "row", "field", "reason")
"""Headings of a file of rejects."""
_OBJECTS_OF_SOME_BATCHES: Final = 200_000
_WORTH_TWO_BYTES: Final = 4 << 20
"""Of an export that is read in two processes: below, there is nothing to be gained."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How all exports of a run are read."""

    policy: Policy
    plan: NumberPlan
    guesser: Guesser
    columns: Columns | None
    encoding: Encoding | None
    now: datetime

    @classmethod
    def of(cls, policy: Path | None, plan: Path | None, columns: Path | None, encoding: str, now: datetime) -> Reading:
        from xacthuc.backfill.adapters.columns import Columns, Guesser
        from xacthuc.phone import NumberPlan
        from xacthuc.policy import Policy
        from xacthuc.tables.encodings import Encoding

        if encoding and encoding not in list(Encoding):
            raise typer.BadParameter(f"write one of {', '.join(Encoding)}", param_hint="--encoding")
        numbers = NumberPlan.load(plan)
        return cls(
            policy=Policy.load(policy),
            plan=numbers,
            guesser=Guesser(numbers),
            columns=Columns.load(columns) if columns is not None else None,
            encoding=Encoding(encoding) if encoding else None,
            now=now,
        )

    def opened(self, name: str) -> tuple[Export, AccountReader]:
        from xacthuc.backfill.adapters.exports import is_query, open_export, open_query, source_of
        from xacthuc.backfill.adapters.reading import AccountReader

        if is_query(name):
            export = open_query(name, self.guesser, self.columns)
        else:
            export = open_export(source_of(name, sys.stdin.buffer), self.guesser, self.columns, self.encoding)
        return export, AccountReader(export.columns, self.guesser.words, self.plan, self.policy, self.now)


class Done(NamedTuple):
    """What was made of a batch, in whichever process read it."""

    tally: Tally
    rejected: Sequence[Rejected]
    shown: Sequence[dict[str, Any]]
    """Rows that people may see."""
    parts: Sequence[bytearray]
    """What goes into each shard."""


def batches(export: Export, reader: AccountReader, make: Callable[[Accounts], Done], *, shown: bool) -> Iterator[Done]:
    """Yields what `make` makes of each batch of an export, in order; of one that is worth it in two processes."""
    from xacthuc.backfill.adapters.two_processes import in_two
    from xacthuc.cli.progress import Progress
    from xacthuc.tables.rows import EVERY

    fields, places = tuple(export.places), tuple(export.places.values())

    def work(turn: Turn) -> Generator[Done]:
        for batch in export.table.batches(places, turn):
            yield make(reader.read(batch, fields))

    done = 0
    with closing(in_two(work) if export.size >= _WORTH_TWO_BYTES else work(EVERY)) as made:
        first = next(made, None)  # the other process is there before a bar is drawn
        with Progress("rows", export.table.total, shown=shown and export.table.total > 0) as progress:
            for each in chain([first] if first else (), made):
                yield each
                done += each.tally.rows
                progress.reach(done)


@contextmanager
def checking(policy: Policy, digest: Digest) -> Iterator[Check]:
    from xacthuc.backfill.adapters.repeats import DIGEST_BYTES, Repeats
    from xacthuc.backfill.usecases.check import PLACE_BYTES, ROW_BYTES, Check

    with Repeats(ROW_BYTES) as rows, Repeats(DIGEST_BYTES + PLACE_BYTES) as numbers, _rarely_collected():
        yield Check(policy, digest, rows=rows, numbers=numbers)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Has cycles looked for after so many new objects as a few batches have: after 700 it takes a sixth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_OF_SOME_BATCHES, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def usable() -> Iterator[None]:
    from xacthuc.datafile import DataFileError
    from xacthuc.tables import UnusableTableError

    try:
        yield
    except UnusableTableError as error:
        raise CommandFailed(str(error), advice=error.advice, exit_status=EXIT_USAGE) from None
    except DataFileError as error:
        raise CommandFailed(str(error), exit_status=EXIT_USAGE) from None
    except OSError as error:
        raise CommandFailed(f"the reading broke off: {error.strerror}", advice="Check again from the start.") from None


def deadline_of(policy: Policy, start: str, days: int | None) -> Deadline:
    """Returns the deadline that the options name; a usage error for what is no day."""
    from xacthuc.backfill.domain.deadline import Deadline

    try:
        return Deadline.of(policy, date.fromisoformat(start) if start else None, days)
    except ValueError:
        raise typer.BadParameter("a day, such as 2026-08-19", param_hint="--start") from None
