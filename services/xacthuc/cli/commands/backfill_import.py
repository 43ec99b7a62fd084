"""`xacthuc backfill split`, `import` and `merge`: the accounts of an export become accounts of identity."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xacthuc.cli import backfill_import_view as view
from xacthuc.cli.backfill_reading import (
    ColumnsFile,
    Days,
    EncodingOfText,
    Exports,
    NumberingPlan,
    PolicyFile,
    Start,
    usable,
)
from xacthuc.cli.backfill_work import SHARDS, LegalBasis, Order, Shards, opened
from xacthuc.cli.failure import EXIT_LEFT, EXIT_UNREACHABLE, CommandFailed
from xacthuc.cli.options import Json

if TYPE_CHECKING:
    from xacthuc.backfill.adapters.work import Work
    from xacthuc.cli.session import Session

_PLATFORM: Final = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_STREAMS: Final = 2

Platform = Annotated[str, typer.Option("--platform", help="Id of the platform whose accounts they are.")]
Directory = Annotated[Path, typer.Argument(metavar="DIRECTORY", help="As split made it.")]


def split(
    exports: Exports,
    *,
    into: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where the parts go: a new directory.")],
    shards: Shards = SHARDS,
    columns: ColumnsFile = None,
    encoding: EncodingOfText = "",
    start: Start = "",
    days: Days = None,
    legal_basis: LegalBasis = "",
    policy_file: PolicyFile = None,
    numbering_plan: NumberingPlan = None,
    as_json: Json = False,
) -> None:
    """Parts an export for several processes, all accounts on one number in one part. Sends nothing.

    Ends as `check` does: with 0 when every row is about an account of its own, with 4 when some are not.
    """
    from xacthuc.cli.backfill_work import split as split_into

    order = Order(
        exports=exports,
        columns=columns,
        encoding=encoding,
        start=start,
        days=days,
        legal_basis=legal_basis,
        policy=policy_file,
        numbering_plan=numbering_plan,
        shards=shards,
        shown=not as_json,
    )
    work = split_into(order, into)
    view.tell_split(work, as_json=as_json)
    if work.unread.exists():
        raise typer.Exit(EXIT_LEFT)


def import_accounts(
    context: typer.Context,
    exports: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Exports, or the one directory that split made of them.")
    ],
    *,
    platform: Platform,
    yes: Annotated[bool, typer.Option("--yes", help="Send; without it, what would be sent is told.")] = False,
    shard: Annotated[
        str,
        typer.Option(
            envvar="JOB_COMPLETION_INDEX",
            metavar="I[/N]",
            help="Send one part alone, counted from 0, of the directory that split made.",
        ),
    ] = "",
    streams: Annotated[int, typer.Option(min=1, max=16, help="How many parts are sent at the same time.")] = _STREAMS,
    patience: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="How long identity may be away before it is given up.")
    ] = 60,
    into: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Where the import is kept; FILE.backfill unless given.")
    ] = None,
    shards: Shards = SHARDS,
    columns: ColumnsFile = None,
    encoding: EncodingOfText = "",
    start: Start = "",
    days: Days = None,
    legal_basis: LegalBasis = "",
    policy_file: PolicyFile = None,
    numbering_plan: NumberingPlan = None,
    as_json: Json = False,
) -> None:
    """Registers the accounts of an export with identity, each once, however often it is interrupted or said again.

    Without --yes it reads everything, sends nothing and tells what would be sent. Ends with 0 when every row is an
    account that identity has, with 4 when some are rejected or repeated, with 3 when identity was away too long: say the
    same again, and it goes on where it was.
    """
    _check_platform(platform)
    order = Order(
        exports=exports,
        columns=columns,
        encoding=encoding,
        start=start,
        days=days,
        legal_basis=legal_basis,
        policy=policy_file,
        numbering_plan=numbering_plan,
        shards=shards,
        shown=not as_json,
    )
    work = opened(exports, order, into)
    chosen = _chosen(work, shard) if yes or shard else range(work.manifest.shards)
    if yes:
        sending = _Sending(
            session=context.obj,
            platform=platform,
            streams=streams,
            patience=timedelta(seconds=patience),
            shown=not as_json,
        )
        sending.send(work, chosen)
        if shard:
            view.tell_shard(work, platform, chosen[0], as_json=as_json)
            return
    _tell(work, platform, dry_run=not yes, as_json=as_json)


def merge(directory: Directory, *, platform: Platform, as_json: Json = False) -> None:
    """Adds up what became of all parts of an export, once each is sent: every row is accepted, repeated or rejected.

    Ends with 0 when all are accepted, with 4 when some are rejected or repeated, with 1 when some are not answered yet.
    """
    from xacthuc.backfill.adapters.work import Work

    _check_platform(platform)
    with usable():
        work = Work(directory)
    _tell(work, platform, dry_run=False, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """How parts are sent."""

    session: "Session"
    platform: str
    streams: int
    patience: timedelta
    shown: bool

    def send(self, work: "Work", chosen: range) -> None:
        """Sends parts; CommandFailed when that fails."""
        from xacthuc.backfill.ports.importing import IdentityAway
        from xacthuc.cli.adapters.backfill_sender import send
        from xacthuc.cli.progress import Progress
        from xacthuc.cli.refusals import refused
        from xacthuc.client import XacthucError

        endpoint, option = self.session.identity_imports(self.platform)
        with Progress("rows", sum(map(work.size, chosen)), shown=self.shown) as progress:
            try:
                send(
                    endpoint,
                    work,
                    self.platform,
                    chosen,
                    streams=self.streams,
                    patience=self.patience,
                    reached=progress.advance,
                )
            except XacthucError as error:
                raise refused(error, address=endpoint.address, option=option) from None
            except IdentityAway as error:
                raise CommandFailed(
                    f"identity does not answer at {endpoint.address}: {error}",
                    advice="Say the same again: it goes on where it was.",
                    exit_status=EXIT_UNREACHABLE,
                ) from None


def _tell(work: "Work", platform: str, *, dry_run: bool, as_json: bool) -> None:
    from xacthuc.backfill.adapters.merging import merged

    totals = merged(work, platform)
    view.tell(work, platform, totals, dry_run=dry_run, as_json=as_json)
    if not dry_run and totals.left:
        raise CommandFailed(
            f"{totals.left} rows are not answered yet", advice="Import what is left, and say the same again."
        )
    if totals.rejected or totals.repeated:
        raise typer.Exit(EXIT_LEFT)


def _chosen(work: "Work", shard: str) -> range:
    """Returns which shards are sent."""
    shards = work.manifest.shards
    if not shard:
        return range(shards)
    number, _, of = shard.partition("/")
    if not number.isdecimal() or int(number) >= shards or (of and of != str(shards)):
        raise typer.BadParameter(f"one of 0 to {shards - 1}: there are {shards}", param_hint="--shard")
    return range(int(number), int(number) + 1)


def _check_platform(platform: str) -> None:
    if not _PLATFORM.fullmatch(platform):
        raise typer.BadParameter("the id of a platform, such as demo", param_hint="--platform")
