"""`xacthuc reconcile start`, `show`, `list`, `findings`, `cancel` and `resume`: runs over accounts that stand on a number."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_record, print_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.cli.session import Service
    from xacthuc.client.calls import Call

RUN: Final = {
    "name": "reconciliation",
    "platform": "platform",
    "sources": "asks",
    "dry_run": "dry run",
    "rate_per_second": "per second",
    "state": "state",
    "failure": "failed with",
    "account_count": "accounts",
    "checked_count": "checked",
    "matched_count": "matched",
    "found_count": "found",
    "unknown_count": "unknown",
    "skipped_count": "skipped",
    "changed_count": "changed",
    "actor": "by",
    "create_time": "started",
    "update_time": "last came further",
    "end_time": "ended",
}
_RUNS: Final = {
    field: label
    for field, label in RUN.items()
    if field in {"name", "platform", "dry_run", "state", "account_count", "checked_count", "found_count", "create_time"}
}
_FINDING: Final = {
    "account": "account",
    "kind": "found",
    "source": "told by",
    "full_name": "full name",
    "birth_date": "birth date",
    "personal_id": "personal ID",
    "subscriber": "subscriber record",
    "identity": "identity record",
    "action": "led to",
    "applied": "took effect",
}
SIDES: Final = ("subscriber", "identity")
DETAILS: Final = {"full_name": "name", "birth_date": "birth date", "personal_id": "ID"}
_LOOK_SECONDS: Final = 1.0

Name = Annotated[str, typer.Argument(help="reconciliations/ID, as listed.")]
_Watch = Annotated[bool, typer.Option("--watch", help="Show how far it is until it ends.")]


class Source(StrEnum):
    """Whom a run asks."""

    KYC_MATCH = "kyc-match"
    NUMBER_RECYCLING = "number-recycling"
    SIM_SWAP = "sim-swap"


class Kind(StrEnum):
    """What may be found."""

    SUBSCRIBER_MISMATCH = "subscriber-mismatch"
    RECYCLED = "recycled"
    SIM_SWAPPED = "sim-swapped"
    DEACTIVATED = "deactivated"
    BLOCKED = "blocked"
    TOO_MANY_SIMS = "too-many-sims"
    UNANSWERED = "unanswered"


def start(
    context: typer.Context,
    *,
    source: Annotated[
        list[Source] | None,
        typer.Option(help="Whom to ask; may be given several times. All three unless given.", show_default=False),
    ] = None,
    platform: Annotated[str, typer.Option(help="Accounts of this platform alone.", show_default=False)] = "",
    rate: Annotated[
        int, typer.Option(min=0, help="Accounts to ask about in a second; 0 is the most that policy allows.")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask and record everything, change nothing.")] = False,
    watch: _Watch = False,
    as_json: Json = False,
) -> None:
    """Starts a run over every account that stands on a number. It goes on without this command."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    call = admin.start(platform, [one.name for one in source or Source], rate, dry_run=dry_run)
    _set_going(context, call, watch=watch, as_json=as_json)


def resume(context: typer.Context, name: Name, *, watch: _Watch = False, as_json: Json = False) -> None:
    """Takes a run that failed up again where it was, once the cause is mended."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    _set_going(context, admin.resume(name), watch=watch, as_json=as_json)


def show(context: typer.Context, name: Name, *, watch: _Watch = False, as_json: Json = False) -> None:
    """Shows a run with what it counted so far."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    with context.obj.identity_admin() as identity:
        run = identity.ask(admin.get(name))
        if watch:
            run = _watched(identity, run, shown=not as_json)
    tell(run, as_json=as_json)


def list_runs(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists the runs."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(admin.list_runs, "reconciliations")
    shown = found if as_json else [flat(run) for run in found]
    print_records(shown, _RUNS, empty="None was started: xacthuc reconcile start", as_json=as_json)


def cancel(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Ends a run where it is. What it found stays on record, and what followed stays done."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    with context.obj.identity_admin() as identity:
        run = identity.ask(admin.cancel(name))
    tell(run, as_json=as_json)


def findings(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="reconciliations/ID or numberLists/ID, as listed.")],
    *,
    kind: Annotated[Kind | None, typer.Option(help="Of this kind alone.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Lists what a run or a list found, by account."""
    with context.obj.identity_admin() as identity:
        found = all_findings(identity, name, "" if kind is None else kind.name)
    shown = found if as_json else [{**one, **{side: _said(one.get(side) or {}) for side in SIDES}} for one in found]
    print_records(shown, _FINDING, empty="Nothing was found.", as_json=as_json)


def all_findings(identity: "Service", name: str, kind: str = "") -> list[dict[str, Any]]:
    """Returns what was found, page by page."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    return identity.ask_all(lambda token: admin.list_findings(name, kind, token), "findings")


def flat(run: "Mapping[str, Any]") -> dict[str, Any]:
    """Returns a run with what it counted beside what it is."""
    return {**run, **(run.get("counts") or {})}


def _said(by_detail: "Mapping[str, Any]") -> str:
    """Returns what one record says, without what it does not know."""
    told = {label: by_detail.get(detail) for detail, label in DETAILS.items()}
    return ", ".join(f"{label} {match}" for label, match in told.items() if match in {"MATCH", "MISMATCH"})


def tell(run: "Mapping[str, Any]", *, as_json: bool) -> None:
    """Prints a run."""
    print_record(run if as_json else flat(run), RUN, as_json=as_json)


def _set_going(context: typer.Context, call: "Call[Any]", *, watch: bool, as_json: bool) -> None:
    with context.obj.identity_admin() as identity:
        run = identity.ask(call)
        if watch:
            run = _watched(identity, run, shown=not as_json)
    tell(run, as_json=as_json)
    if not watch and not as_json:
        note(f"See how far it is: xacthuc reconcile show {run['name']} --watch")


def _watched(identity: "Service", run: dict[str, Any], *, shown: bool) -> dict[str, Any]:
    """Follows a run to its end. Whoever stops watching stops nothing."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin
    from xacthuc.cli.progress import Progress

    name = run["name"]
    while run["state"] == "RUNNING" and not int(run["account_count"]):
        time.sleep(_LOOK_SECONDS)
        run = identity.ask(admin.get(name))
    with Progress("accounts", int(run["account_count"]), shown=shown) as progress:
        while run["state"] == "RUNNING":
            progress.reach(int(flat(run).get("checked_count", 0)))
            time.sleep(_LOOK_SECONDS)
            run = identity.ask(admin.get(name))
    return run
