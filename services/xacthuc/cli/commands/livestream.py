"""`xacthuc livestream`: who was on air and sold there, on which evidence, and what was decided about it."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Account, Json, PlatformId
from xacthuc.cli.output import note, print_file, print_record, print_records

app = typer.Typer(help="Shows broadcasts, and the evidence of who sold in them.", no_args_is_help=True)

_BROADCAST = {
    "name": "broadcast",
    "account": "account",
    "state": "state",
    "commerce": "goods",
    "authorize_time": "since",
    "revoke_time": "cut",
    "end_time": "until",
    "end_reason": "because",
    "declaration_count": "declared",
}
_EVIDENCE = {
    "when": "when",
    "what": "what",
    "ruling": "ruling",
    "goods": "goods",
    "why": "why",
    "personal_id": "personal ID of",
    "by": "confirmed by",
    "legal_basis": "article",
}

BroadcastId = Annotated[str, typer.Argument(help="The broadcast, as listed.")]


@app.command("list")
def list_broadcasts(context: typer.Context, platform: PlatformId, *, account: Account, as_json: Json = False) -> None:
    """Lists the broadcasts of an account, also those that were refused or are over."""
    from xacthuc.cli.adapters import livestream_admin_client as admin

    with context.obj.livestream_admin() as livestream:
        found = livestream.ask_all(lambda token: admin.list_records(platform, account, token), "records")
    empty = "This account was never on air, or nothing is kept of it any more."
    print_records([each["broadcast"] for each in found], _BROADCAST, empty=empty, as_json=as_json)


@app.command("show")
def show(context: typer.Context, platform: PlatformId, broadcast: BroadcastId, *, as_json: Json = False) -> None:
    """Shows where a broadcast stands."""
    from xacthuc.cli.adapters import livestream_admin_client as admin

    with context.obj.livestream_admin() as livestream:
        found = livestream.ask(admin.get_record(platform, broadcast, ""))
    print_record(found["broadcast"], _BROADCAST, as_json=as_json)


@app.command("evidence")
def evidence(context: typer.Context, platform: PlatformId, broadcast: BroadcastId, *, as_json: Json = False) -> None:
    """Lists what was decided about a broadcast and declared in it, with its article and the evidence of that moment."""
    from xacthuc.cli.adapters import livestream_admin_client as admin

    with context.obj.livestream_admin() as livestream:
        record = livestream.ask(admin.get_record(platform, broadcast, ""))
        while token := record.pop("next_page_token"):
            _go_on(record, livestream.ask(admin.get_record(platform, broadcast, token)))
    if as_json:
        print_record(record, _EVIDENCE, as_json=True)
        return
    happened = [*map(_ruled, record["rulings"]), *map(_declared, record["declarations"])]
    happened.sort(key=lambda one: one["when"])
    print_records(happened, _EVIDENCE, empty="Nothing was decided about it.", as_json=False)


@app.command("export")
def export(
    context: typer.Context,
    approval: Annotated[str, typer.Argument(help="approvals/APPROVAL of kind broadcast-export, granted.")],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it; nobody else can read it.")],
    request_id: Annotated[
        str, typer.Option(help="Of an export that broke off, to repeat it.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Writes what is on record of an account's broadcasts, once for an approval of two people. Audited."""
    from xacthuc.cli.adapters import livestream_admin_client as admin
    from xacthuc.ids import new_request_id
    from xacthuc.up.layout import private_file

    if out.exists() and not (request_id and out.is_file()):
        raise CommandFailed(f"{out} is there already", advice="Name another file.", exit_status=EXIT_USAGE)
    wanted = request_id or new_request_id()
    try:
        # Opened before it is asked for: what cannot be kept must not be used up.
        with private_file(out) as file, context.obj.livestream_admin() as livestream:
            note(f"Should this break off, repeat it: --request-id {wanted}")
            whole = livestream.ask(admin.export(approval, wanted, ""))
            while token := whole.pop("next_page_token"):
                page = livestream.ask(admin.export(approval, wanted, token))
                whole["next_page_token"] = page["next_page_token"]
                _add(whole["records"], page["records"])
            for record in whole["records"]:
                del record["next_page_token"]  # of a single record's pages: it is whole here
            file.write(json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n")
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written: {error.strerror}", advice="Name another file.", exit_status=EXIT_USAGE
        ) from None
    print_file(out, f"Written: {out}. Hand it to the authority and delete it.", as_json=as_json)


def _add(records: list[dict[str, Any]], page: list[dict[str, Any]]) -> None:
    """Adds a page; its first broadcast may be the last one that came, with what was left of it."""
    for record in page:
        if records and records[-1]["broadcast"]["name"] == record["broadcast"]["name"]:
            _go_on(records[-1], record)
        else:
            records.append(record)


def _go_on(record: dict[str, Any], rest: dict[str, Any]) -> None:
    for several in ("rulings", "declarations"):
        record[several] += rest[several]
    record |= {name: rest[name] for name in ("broadcast", "ruling_count", "next_page_token")}


def _ruled(ruled: dict[str, Any]) -> dict[str, Any]:
    return {
        "when": ruled["decide_time"],
        "what": ruled["occasion"],
        "ruling": ruled["ruling"],
        "goods": ruled["commerce"],
        "why": ruled["reason"],
        "personal_id": ruled.get("personal_id_time", ""),
        "by": ruled["personal_id_source"],
        "legal_basis": ruled["legal_basis"],
    }


def _declared(declared: dict[str, Any]) -> dict[str, Any]:
    shown = declared["declaration"]
    what = f"{shown['kind']} {shown['product_id']}".rstrip()
    empty = dict.fromkeys(("ruling", "goods", "why", "personal_id", "by", "legal_basis"), "")
    return {"when": declared["declare_time"], "what": what, **empty}
