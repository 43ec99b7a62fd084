"""`xacthuc audit`: reads the audit trail, and proves that nobody changed it."""

# ruff: noqa: PLC0415 - contracts and the verification are imported when called, so that `xacthuc --help` stays quick

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from xacthuc.cli.failure import EXIT_FAILED, EXIT_USAGE, CommandFailed
from xacthuc.cli.instants import TIME, instant
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_file, print_json, print_record, print_records

if TYPE_CHECKING:
    from xacthuc.audit.verification import Report
    from xacthuc.cli.session import Service


app = typer.Typer(help="Reads the audit trail, and proves that nobody changed it.", no_args_is_help=True)


class Trails(StrEnum):
    """The services that have a trail of their own."""

    IDENTITY = "identity"
    GUARDIAN = "guardian"
    LIVESTREAM = "livestream"
    BACKFILL = "backfill"


_Of: TypeAlias = Annotated[Trails, typer.Option("--of", help="Whose trail: each of these services has one of its own.")]
_ENTRY: Final = {
    "id": "id",
    "record_time": "time",
    "tag": "tag",
    "platform": "platform",
    "subject": "subject",
    "actor": "actor",
    "detail": "detail",
}
_REPORT: Final = {
    "intact": "intact",
    "seals": "seals",
    "entries": "entries",
    "waiting": "entries not sealed yet",
    "checkpoints": "checkpoints that agree",
    "confirmed_seal": "confirmed up to seal",
    "breaks": "breaks",
    "notes": "notes",
}
_FINDING: Final = {"kind": "found", "seal": "seal", "entry": "entry", "place": "line", "what": "what"}
_SHOWN: Final = 20
_DIRECTORIES: Final = {
    Trails.IDENTITY: "audit",
    Trails.GUARDIAN: "audit-guardian",
    Trails.LIVESTREAM: "audit-livestream",
    Trails.BACKFILL: "audit-backfill",
}
"""Where `xacthuc up` keeps the checkpoints of each."""


@app.command("list")
def show(
    context: typer.Context,
    *,
    platform: Annotated[str, typer.Option(help="Of this platform alone.")] = "",
    subject: Annotated[str, typer.Option(help="About this id alone, such as an account's.")] = "",
    tag: Annotated[str, typer.Option(help="With this tag alone; docs/record.md lists them.")] = "",
    since: Annotated[datetime | None, typer.Option(parser=instant, metavar=TIME, help="From then on.")] = None,
    until: Annotated[datetime | None, typer.Option(parser=instant, metavar=TIME, help="Before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 100,
    of: _Of = Trails.IDENTITY,
    as_json: Json = False,
) -> None:
    """Lists entries, newest first. That you read them is an entry too."""
    from xacthuc.cli.adapters import audit_admin_client as admin

    wanted = partial(admin.list_entries, platform=platform, subject=subject, tag=tag, since=since, until=until)
    with _asked(context, of) as service:
        pages = _pages(service, wanted, "entries")
        entries = list(islice(pages, limit))
    print_records(entries, _ENTRY, empty="Nothing was recorded that fits.", as_json=as_json)


@app.command("export")
def export(
    context: typer.Context,
    *,
    out: Annotated[Path, typer.Option(help="A new file, one JSON object a line.")],
    of: _Of = Trails.IDENTITY,
    as_json: Json = False,
) -> None:
    """Saves the whole trail with its seals, to be kept, handed over, or verified elsewhere: verify --trail FILE."""
    from xacthuc.cli.adapters import audit_admin_client as admin
    from xacthuc.cli.trail import exported

    with _asked(context, of) as service:
        try:
            with out.open("x", encoding="utf-8") as file:
                for part in exported(service):
                    file.write(json.dumps(admin.written(part), ensure_ascii=False) + "\n")
        except FileExistsError:
            raise CommandFailed(
                f"{out} is there already", advice="Name a new file with --out.", exit_status=EXIT_USAGE
            ) from None
        except OSError as error:
            raise CommandFailed(f"{out} cannot be written: {error.strerror}", exit_status=EXIT_USAGE) from None
    print_file(out, f"exported to {out}", as_json=as_json)


@app.command("verify")
def verify(
    context: typer.Context,
    *,
    checkpoints: Annotated[
        Path | None,
        typer.Option(metavar="DIRECTORY", help="Of checkpoints; those of `xacthuc up` unless given."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keys to believe, as `xacthuc audit key` once printed them.")
    ] = None,
    trail: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An exported trail instead of the service's.")
    ] = None,
    of: _Of = Trails.IDENTITY,
    as_json: Json = False,
) -> None:
    """Computes every digest of the trail again and compares it with its checkpoints, believing nothing the service says.

    Ends with 0 when nothing is wrong, 1 when the trail is broken, 2 for files that cannot be used, 3 when nobody answers.
    """
    from xacthuc.cli import trail as read

    kept = context.obj.data / _DIRECTORIES[of]
    directory = checkpoints or (kept if kept.is_dir() else None)
    trusted = read.keys_in(public_key) if public_key else read.signers_in(directory) if directory else None
    outside = read.checkpoints_in(directory) if directory else None
    with _parts(context, of, trail) as parts, _progress() as tell:
        report = read.verified(parts, outside, trusted, tell)
    _print(read.as_json(report), as_json=as_json)
    if directory is None:
        note("Without --checkpoints a trail that was sealed anew from end to end looks like this too.")
    elif report.is_intact and report.seals and not report.checkpoints:
        note(f"No checkpoint in {directory} agrees: a trail that was sealed anew from end to end looks like this too.")
    elif public_key is None:
        note("Without --public-key the keys are those that the checkpoints name themselves.")
    if not report.is_intact:
        raise typer.Exit(EXIT_FAILED)


@app.command("key")
def key(context: typer.Context, *, of: _Of = Trails.IDENTITY, as_json: Json = False) -> None:
    """Prints the public keys that checkpoints are signed with. Keep them elsewhere: whom to believe is decided by them."""
    from xacthuc.cli.adapters import audit_admin_client as admin

    with _asked(context, of) as service:
        keys = service.ask(admin.list_keys())["keys"]
    if as_json:
        print_json(keys)
    else:
        sys.stdout.writelines(each["public_key"] for each in keys)


@app.command("checkpoints")
def checkpoints(context: typer.Context, *, of: _Of = Trails.IDENTITY, as_json: Json = False) -> None:
    """Prints the checkpoints that the service keeps, one a line as in the file: a second copy of it."""
    from xacthuc.cli.adapters import audit_admin_client as admin

    with _asked(context, of) as service:
        kept = _pages(service, admin.list_checkpoints, "checkpoints")
        if as_json:
            print_json(list(kept))
            return
        for each in kept:
            sys.stdout.write(each["line"] + "\n")


def _asked(context: typer.Context, of: Trails) -> AbstractContextManager["Service"]:
    session = context.obj
    ways = {
        Trails.IDENTITY: session.identity_admin,
        Trails.GUARDIAN: session.guardian_admin,
        Trails.LIVESTREAM: session.livestream_admin,
        Trails.BACKFILL: session.backfill_admin,
    }
    asked: AbstractContextManager[Service] = ways[of]()
    return asked


def _pages(service: "Service", page: Callable[..., Any], name: str) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        answer = service.ask(page(token=token))
        yield from answer[name]
        token = answer["next_page_token"]
        if not token:
            return


@contextmanager
def _parts(context: typer.Context, of: Trails, trail: Path | None) -> Iterator[Iterator[Any]]:
    from xacthuc.cli.trail import exported, filed

    if trail is not None:
        yield filed(trail)
        return
    with _asked(context, of) as service:
        yield exported(service)


@contextmanager
def _progress() -> Iterator[Callable[["Report"], None]]:
    """Shows how far it is to a person at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _report: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.completed:,.0f} entries"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda report: progress.update(task, completed=report.entries)


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    print_record(report, _REPORT, as_json=False)
    findings = report["findings"]
    if not findings:
        return
    print_records(findings[:_SHOWN], _FINDING, empty="", as_json=False)
    if len(findings) > _SHOWN:
        note(f"{report['breaks'] + report['notes'] - _SHOWN} more; --json names up to a thousand.")
    for kind, advice in {each["kind"]: each["advice"] for each in findings}.items():
        note(f"{kind}: {advice}")
