"""`xacthuc locks`: who is kept from writing and why, and what authorities demanded the removal of."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from datetime import datetime
from typing import Annotated, Any

import typer

from xacthuc.cli.instants import TIME, instant
from xacthuc.cli.options import Account, Json, PlatformId
from xacthuc.cli.output import note, print_record, print_records

app = typer.Typer(help="Locks people out of writing, and shows what locked them.", no_args_is_help=True)

_LOCK = {
    "name": "lock",
    "state": "state",
    "basis": "basis",
    "account": "put on",
    "bound_accounts": "binds",
    "create_time": "since",
    "expire_time": "until",
    "lift_time": "lifted",
    "lift_basis": "because",
    "approval": "granted by",
}
_VIOLATION = {
    "name": "violation",
    "state": "state",
    "order_number": "order",
    "authority": "authority",
    "national_security": "national security",
    "violate_time": "published",
    "record_time": "recorded",
    "lock": "counted for",
    "approval": "proposed",
    "withdraw_basis": "withdrawn because",
}
_ACCOUNT = {"name": "account", "state": "state", "basis": "locked on", "expire_time": "until"}


@app.command("list")
def list_locks(
    context: typer.Context,
    platform: PlatformId,
    *,
    account: Account,
    ended: Annotated[bool, typer.Option("--all", help="Also locks that ended or were lifted.")] = False,
    as_json: Json = False,
) -> None:
    """Lists the locks that bind an account, newest first, with every other account they bind."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(lambda token: admin.list_locks(platform, account, token, show_ended=ended), "locks")
    empty = "No lock binds this account." if ended else "No lock binds this account now; --all shows earlier ones."
    print_records(found, _LOCK, empty=empty, as_json=as_json)


@app.command("violations")
def list_violations(
    context: typer.Context,
    platform: PlatformId,
    *,
    account: Account,
    as_json: Json = False,
) -> None:
    """Lists what authorities demanded the removal of: what counts towards a lock, was counted for one, or was a mistake."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(lambda token: admin.list_violations(platform, account, token), "violations")
    shown = found if as_json else [{**each["removal_order"], **each} for each in found]
    print_records(shown, _VIOLATION, empty="Nothing is on record of this account.", as_json=as_json)


@app.command("withdraw")
def withdraw(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="platforms/PLATFORM/accounts/ACCOUNT/violations/VIOLATION, as listed.")],
    *,
    basis: Annotated[str, typer.Option(help="What shows the mistake, such as the number of a letter.")],
    as_json: Json = False,
) -> None:
    """Takes a violation off the record that was recorded by mistake; a lock that nothing else carries is lifted."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.withdraw_violation(name, basis)), as_json=as_json)


@app.command("lock")
def lock(
    context: typer.Context,
    platform: PlatformId,
    *,
    account: Account,
    basis: Annotated[str, typer.Option(help="The order or rule it rests on.")],
    until: Annotated[
        datetime | None, typer.Option(parser=instant, metavar=TIME, help="Its end; until it is lifted unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keeps the holder of an account from writing, on every account that is theirs."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.place_lock(platform, account, basis, until)), as_json=as_json)


@app.command("unlock")
def unlock(
    context: typer.Context,
    platform: PlatformId,
    *,
    account: Account,
    basis: Annotated[str, typer.Option(help="Why, such as the number of a letter.")],
    as_json: Json = False,
) -> None:
    """Lifts every lock that binds an account, on every account that it binds."""
    from xacthuc.cli.adapters import lock_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.lift_locks(platform, account, basis)), as_json=as_json)


def _print(account: dict[str, Any], *, as_json: bool) -> None:
    lock: dict[str, Any] = account.get("lock") or {}
    shown = account if as_json else {**lock, "name": account["name"], "state": account["state"]}
    print_record(shown, _ACCOUNT, as_json=as_json)
    if not as_json and lock:
        note("It is locked; what locks it: xacthuc locks list")
