"""`xacthuc reconcile report`: what a run came to, balanced, for whoever has to show it."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from xacthuc.cli.commands.reconciliations import DETAILS, SIDES, Name, all_findings, flat
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_records

_PARTS: Final = ("matched_count", "found_count", "unknown_count", "skipped_count")
_BALANCE: Final = {"what": "accounts", "count": "count"}
_FINDINGS: Final = {"kind": "found", "action": "led to", "count": "count"}
_FIELDS: Final = {"field": "detail", "side": "record", "match": "says", "count": "count"}
_COLUMNS: Final = (
    "account",
    "kind",
    "source",
    "observe_time",
    "full_name",
    "birth_date",
    "personal_id",
    *(f"{side}_{detail}" for side in SIDES for detail in DETAILS),
    "action",
    "applied",
    "create_time",
)


def report(
    context: typer.Context,
    name: Name,
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="File for all of it: .json with the run and its findings, or .csv with the findings."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Shows what a run came to, and writes it to a file. Ends with 1 when its counts do not balance."""
    from xacthuc.cli.adapters import reconciliation_admin_client as admin

    if out is not None and out.suffix not in {".json", ".csv"}:
        raise CommandFailed(f"{out} is neither", advice="End it in .json or .csv.", exit_status=EXIT_USAGE)
    with context.obj.identity_admin() as identity:
        run = identity.ask(admin.get(name))
        found = all_findings(identity, name) if out is not None else []
    if out is not None:
        _write(out, run, found)
    balanced = _balanced(run)
    if as_json:
        print_json({**run, "balanced": balanced, "out": "" if out is None else str(out)})
    else:
        _print(run, balanced=balanced)
    if not balanced:
        raise typer.Exit(1)


def _balanced(run: Mapping[str, Any]) -> bool:
    counts = flat(run)
    return int(counts.get("checked_count", 0)) == sum(int(counts.get(part, 0)) for part in _PARTS)


def _print(run: Mapping[str, Any], *, balanced: bool) -> None:
    counts = flat(run)
    parts = [{"what": part.removesuffix("_count"), "count": counts.get(part, "0")} for part in _PARTS]
    checked = {"what": "= checked" if balanced else "NOT = checked", "count": counts.get("checked_count", "0")}
    print_records([*parts, checked], _BALANCE, empty="", as_json=False)
    if counts.get("findings"):
        print_records(counts["findings"], _FINDINGS, empty="", as_json=False)
    if counts.get("fields"):
        fields = [{**one, "side": one.get("side") or "together"} for one in counts["fields"]]
        print_records(fields, _FIELDS, empty="", as_json=False)
    if run["state"] == "RUNNING":
        note(f"It is still running: {counts.get('checked_count', 0)} of {run['account_count'] or '?'} accounts.")
    if run["state"] == "FAILED":
        note(f"It failed with {run['failure']} and is not complete: start another one once the cause is mended.")
    if run["dry_run"]:
        note("A dry run: nothing was changed.")


def _by_side(finding: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{side}_{detail}": (finding.get(side) or {}).get(detail, "UNKNOWN") for side in SIDES for detail in DETAILS
    }


def _write(out: Path, run: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            if out.suffix == ".json":
                json.dump({"reconciliation": run, "findings": found}, file, ensure_ascii=False, indent=1)
                return
            rows = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
            rows.writeheader()
            rows.writerows({**one, **_by_side(one)} for one in found)
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written: {error.strerror}", advice="Name another file.", exit_status=EXIT_USAGE
        ) from None
