"""`xacthuc retention releases`: what authorities ask for of accounts, and what two people release of it."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.instants import When, instant
from xacthuc.cli.options import Json, Reason
from xacthuc.cli.output import note, print_file, print_record, print_records

app = typer.Typer(
    help="Keeps what authorities ask for of accounts, by when, and what two people release.", no_args_is_help=True
)

_ROW = {
    "name": "request",
    "authority": "authority",
    "reference": "reference",
    "emergency": "emergency",
    "due_time": "due",
    "state": "state",
}
_WHOLE = {
    **_ROW,
    "legal_basis": "legal basis",
    "demand_time": "received",
    "accounts": "accounts",
    "requested_fields": "asked for",
    "approval": "approval",
    "proposer": "proposed by",
    "approver": "granted by",
    "released_fields": "released",
    "fetch_expire_time": "to be fetched until",
    "release_time": "fetched",
    "releaser": "fetched by",
    "close_time": "closed",
    "close_reason": "because",
}


class Field(StrEnum):
    """What may be asked for."""

    FULL_NAME = "full-name"
    BIRTH_DATE = "birth-date"
    PHONE_NUMBERS = "phone-numbers"
    PERSONAL_IDS = "personal-ids"
    ACCOUNT_STATE = "account-state"
    CONSENTS = "consents"
    LOCKS = "locks"
    VIOLATIONS = "violations"
    GUARDIANS = "guardians"
    SESSIONS = "sessions"


_Name = Annotated[str, typer.Argument(help="platforms/PLATFORM/releases/ID, as listed.")]


@app.command("record")
def record(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    account: Annotated[list[str], typer.Option(help="Id of an account; may be given several times.")],
    field: Annotated[list[Field], typer.Option(help="What is asked for; may be given several times.")],
    authority: Annotated[str, typer.Option(help="Who asks.")],
    legal_basis: Annotated[str, typer.Option(help="The article the request rests on.")],
    reference: Annotated[str, typer.Option(help="Number and date of the written document.")],
    received: When = "",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="National security or a life depends on it: due in 3 hours.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Keeps a request, first of all, and shows by when it is due."""
    from xacthuc.cli.adapters import release_admin_client as admin

    call = admin.record(
        platform,
        account,
        [each.name for each in field],
        authority=authority,
        legal_basis=legal_basis,
        reference=reference,
        received=instant(received),
        emergency=emergency,
    )
    with context.obj.identity_admin() as identity:
        kept = identity.ask(call)
    print_record(kept, _WHOLE, as_json=as_json)
    if not as_json:
        note(f"Two people release it: xacthuc retention releases propose {kept['name']}")


@app.command("list")
def list_releases(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were released or closed.")] = False,
    as_json: Json = False,
) -> None:
    """Lists the requests that are due."""
    from xacthuc.cli.adapters import release_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(
            lambda token: admin.list_releases(platform, token, open_only=not everything), "releases"
        )
    print_records(found, _ROW, empty="No requests.", as_json=as_json)


@app.command("show")
def show(context: typer.Context, name: _Name, *, as_json: Json = False) -> None:
    """Shows a request and what became of it."""
    from xacthuc.cli.adapters import release_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.get(name)), _WHOLE, as_json=as_json)


@app.command("propose")
def propose(
    context: typer.Context,
    name: _Name,
    *,
    reason: Reason,
    field: Annotated[
        list[Field] | None, typer.Option(help="What to release; all that was asked for unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Proposes to release what was asked for, or a part of it; another operator grants it with `xacthuc approvals`."""
    from xacthuc.cli.adapters import approval_admin_client as approvals
    from xacthuc.cli.adapters import release_admin_client as admin

    with context.obj.identity_admin() as identity:
        fields = [each.name for each in field] if field else identity.ask(admin.get(name))["requested_fields"]
        act = {"release": name, "fields": fields}
        made = identity.ask(approvals.propose(name.split("/")[1], "AUTHORITY_RELEASE", act, reason))
    print_record(made, {"name": "approval", "state": "state", "expire_time": "until"}, as_json=as_json)
    if not as_json:
        note(f"Another operator decides: xacthuc approvals grant {made['name']}")


@app.command("close")
def close(context: typer.Context, name: _Name, *, reason: Reason, as_json: Json = False) -> None:
    """Ends a request by which nothing is released: withdrawn, refused, or answered in another way."""
    from xacthuc.cli.adapters import release_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.close(name, reason)), _WHOLE, as_json=as_json)


@app.command("fetch")
def fetch(
    context: typer.Context,
    name: _Name,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it; nobody else can read it.")],
    request_id: Annotated[
        str, typer.Option(help="Of a fetch that broke off, to repeat it within minutes.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Writes the document in clear, once, for whoever proposed or granted it. Audited; it is destroyed here."""
    from xacthuc.cli.adapters import release_admin_client as admin
    from xacthuc.ids import new_request_id
    from xacthuc.up.layout import private_file

    if out.exists() and not (request_id and out.is_file()):
        raise CommandFailed(f"{out} is there already", advice="Name another file.", exit_status=EXIT_USAGE)
    wanted = request_id or new_request_id()
    try:
        # Opened before it is asked for: what cannot be kept must not be fetched.
        with private_file(out) as file, context.obj.identity_admin() as identity:
            note(f"Should this break off, repeat it within minutes: --request-id {wanted}")
            file.write((identity.ask(admin.fetch(name, wanted))["json"] + "\n").encode())
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written: {error.strerror}", advice="Name another file.", exit_status=EXIT_USAGE
        ) from None
    print_file(out, f"Written, in clear: {out}. Hand it to the authority and delete it.", as_json=as_json)
