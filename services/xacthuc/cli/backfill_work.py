"""Splitting an export into the directory of an import, and opening that again."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.backfill_reading import REJECTS, Done, Reading, batches, checking, deadline_of, usable
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.backfill.adapters.work import Making, Work
    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.domain.importing import Grace

LegalBasis = Annotated[
    str,
    typer.Option(
        help="The article that lets accounts go on until the cautious deadline; without it none is let go on.",
        metavar="TEXT",
    ),
]
Shards = Annotated[int, typer.Option(min=1, max=9_999, help="Into how many parts, for as many processes.")]
SHARDS: Final = 4

_MOST_FILES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which exports are split, and how."""

    exports: Sequence[str]
    columns: Path | None
    encoding: str
    start: str
    days: int | None
    legal_basis: str
    policy: Path | None
    numbering_plan: Path | None
    shards: int
    shown: bool
    """Whether people see how far it is."""

    def stands_for(self, files: Sequence[str]) -> str:
        """Returns what is the same for the same files, read in the same way."""
        given = [path and hashlib.sha256(path.read_bytes()).hexdigest() for path in self._files]
        told = [self.encoding, self.start, self.days, self.legal_basis, self.shards, *given]
        return hashlib.sha256(json.dumps([told, [_state(each) for each in files]]).encode()).hexdigest()

    @property
    def _files(self) -> tuple[Path | None, ...]:
        return self.columns, self.policy, self.numbering_plan


def split(order: Order, into: Path) -> Work:
    """Returns the directory of an export: the one that is there, or one that is made."""
    from xacthuc.backfill.adapters.counting import counted
    from xacthuc.backfill.adapters.exports import found
    from xacthuc.backfill.adapters.work import Manifest, Work, is_made, making

    with usable():
        files = found(order.exports)
        if len(files) > _MOST_FILES:
            raise typer.BadParameter(f"at most {_MOST_FILES} files")
        export = order.stands_for(files)
        if is_made(into):
            return _same(Work(into), export)
        now = datetime.now(UTC)
        reading = Reading.of(order.policy, order.numbering_plan, order.columns, order.encoding, now)
        grace = _grace(order, reading, now)
        with making(into, order.shards) as made:
            report = _write(order, files, reading, made, grace)
            sizes, persons = counted(made.records(len(files)))
            return made.finish(
                Manifest(
                    export=export,
                    files=files,
                    sizes=sizes,
                    grace=grace,
                    report=report,
                    persons=asdict(persons),
                    accounts_per_person=reading.policy.accounts_per_personal_id.related,
                )
            )


def opened(exports: Sequence[str], order: Order, into: Path | None) -> Work:
    """Returns the directory that is named in place of exports, or that of the exports, which is made where it is not."""
    from xacthuc.backfill.adapters.exports import PIPE
    from xacthuc.backfill.adapters.work import Work

    if len(exports) == 1 and Path(exports[0]).is_dir():
        with usable():
            return Work(Path(exports[0]))
    first = "standard-input" if exports[0] == PIPE else exports[0]
    if into is None and any(each in first for each in "*?["):
        raise typer.BadParameter("of a pattern, say where its accounts go", param_hint="--into")
    return split(order, into or Path(f"{first}.backfill"))


def _write(order: Order, files: Sequence[str], reading: Reading, made: Making, grace: Grace | None) -> dict[str, Any]:
    """Reads the exports into shards; returns what `check` tells of them."""
    from xacthuc.backfill.adapters.import_entries import entries
    from xacthuc.backfill.adapters.places import Places
    from xacthuc.backfill.adapters.repeats import Digester
    from xacthuc.backfill.adapters.shards import ShardWriter, parted
    from xacthuc.cli import backfill_view as view
    from xacthuc.cli.rejects import RejectFile

    digest = Digester()
    with (
        RejectFile(made.unread, REJECTS) as unread,
        ShardWriter(made.shards) as shards,
        checking(reading.policy, digest) as checked,
    ):
        for number, name in enumerate(files):
            export, reader = reading.opened(name)
            if order.shown:
                view.tell_columns(export)

            def make(accounts: Accounts, number: int = number) -> Done:
                sent = entries(accounts, grace)
                parts = parted(
                    number, accounts, checked.classes(accounts), sent, digest=digest, shards=len(made.shards)
                )
                return Done(checked.tally(number, accounts), accounts.rejected, (), parts)

            for done in batches(export, reader, make, shown=order.shown):
                checked.take(done.tally)
                shards.add(done.parts)
                unread.add((name, each.place, each.field, each.reason) for each in done.rejected)
        shared = Places()
        made.repeated(
            checked.finish(shared.add),
            lambda each: unread.add([(files[each.file], each.place, "account_id", "DUPLICATE")]),
        )
    made.share(shared, len(files))
    return view.counts_of(checked.report)


def _same(work: Work, export: str) -> Work:
    if work.manifest.export != export:
        raise CommandFailed(
            f"{work.path} holds another export, or this one read in another way or changed since",
            advice="Name another directory with --into, or remove that one. To go on with it, name it in place of files.",
            exit_status=EXIT_USAGE,
        )
    return work


def _grace(order: Order, reading: Reading, now: datetime) -> Grace | None:
    from xacthuc.backfill.domain.importing import Grace

    if not order.legal_basis:
        return None
    deadline = deadline_of(reading.policy, order.start, order.days)
    if now >= deadline.cautious_end:
        raise typer.BadParameter(
            f"the last day was {deadline.cautious_last_day}: nothing lets accounts go on any more",
            param_hint="--legal-basis",
        )
    return Grace(deadline.cautious_end, order.legal_basis)


def _state(name: str) -> list[Any]:
    path = Path(name)
    if not path.is_file():
        return [name]  # a pipe, which nobody can read twice
    found = path.stat()
    return [str(path.resolve()), found.st_size, found.st_mtime_ns]
