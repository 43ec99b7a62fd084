"""`xacthuc retention holds`: legal holds."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from xacthuc.cli.account_lists import Accounts, AccountsFile, accounts_of
from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.options import Json, span
from xacthuc.cli.output import note, print_json, print_record, print_records

app = typer.Typer(help="Keeps accounts from being destroyed while an authority orders it.", no_args_is_help=True)

_LABELS = {
    "name": "hold",
    "authority": "authority",
    "legal_basis": "legal basis",
    "reference": "reference",
    "account_count": "accounts",
    "place_time": "placed",
    "review_time": "review",
    "release_time": "released",
}
_AT_ONCE: Final = 1000
"""How many accounts the contract takes in a call."""

_Name = Annotated[str, typer.Argument(help="platforms/PLATFORM/holds/HOLD, as listed.")]


@app.command("place")
def place(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    authority: Annotated[str, typer.Option(help="Who orders it.")],
    legal_basis: Annotated[str, typer.Option(help="The article the order rests on.")],
    reference: Annotated[str, typer.Option(help="Number of the written order.")],
    review: Annotated[str, typer.Option(metavar="SPAN", help="In how long to look whether it is needed, such as 90d.")],
    account: Accounts = None,
    accounts_file: AccountsFile = None,
    as_json: Json = False,
) -> None:
    """Places a hold on accounts: nothing of them is destroyed until it is released."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    accounts = accounts_of(account, accounts_file)
    call = admin.place_hold(
        platform,
        accounts[:_AT_ONCE],
        authority=authority,
        legal_basis=legal_basis,
        reference=reference,
        review=datetime.now(UTC) + span(review),
    )
    with context.obj.identity_admin() as identity:
        placed = identity.ask(call)
    _extend(context, placed, accounts[_AT_ONCE:], as_json=as_json)


@app.command("extend")
def extend(
    context: typer.Context,
    name: _Name,
    *,
    account: Accounts = None,
    accounts_file: AccountsFile = None,
    as_json: Json = False,
) -> None:
    """Adds accounts to a hold that stands."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    accounts = accounts_of(account, accounts_file)
    with context.obj.identity_admin() as identity:
        placed = identity.ask(admin.extend_hold(name, accounts[:_AT_ONCE]))
    _extend(context, placed, accounts[_AT_ONCE:], as_json=as_json)


@app.command("release")
def release(
    context: typer.Context,
    name: _Name,
    *,
    basis: Annotated[str, typer.Option(help="What the release rests on.")],
    as_json: Json = False,
) -> None:
    """Releases a hold; what came due under it is destroyed at once."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    with context.obj.identity_admin() as identity:
        released = identity.ask(admin.release_hold(name, basis))
    print_record(released, {**_LABELS, "release_basis": "basis"}, as_json=as_json)


@app.command("list")
def show(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    as_json: Json = False,
) -> None:
    """Lists the holds of a platform, also released ones."""
    from xacthuc.cli.adapters import retention_admin_client as admin

    found, token = [], ""
    with context.obj.identity_admin() as identity:
        while True:
            page = identity.ask(admin.list_holds(platform, token))
            found += page["holds"]
            token = page["next_page_token"]
            if not token:
                break
    print_records(found, _LABELS, empty="No holds.", as_json=as_json)


def _extend(context: typer.Context, placed: Mapping[str, Any], rest: Sequence[str], *, as_json: bool) -> None:
    """Adds what did not fit into the first call, and prints everything; of a failure midway, what stands and what does not.

    Who places the hold anew would have two: the answer with its name is nowhere else.
    """
    from xacthuc.cli.adapters import retention_admin_client as admin

    hold, missing = placed["hold"], list(placed["not_held"])
    if rest:
        note(f"The hold is {hold['name']}; {len(rest)} more accounts are being added.")
    with context.obj.identity_admin() as identity:
        for at in range(0, len(rest), _AT_ONCE):
            try:
                answer = identity.ask(admin.extend_hold(hold["name"], rest[at : at + _AT_ONCE]))
            except CommandFailed as failed:
                _tell_missing(missing)
                raise CommandFailed(
                    f"the hold stands, but perhaps not on the last {len(rest) - at} accounts: {failed.message}",
                    lines=failed.lines,
                    advice=f"{failed.advice}\nThen give the same accounts, or the last of them, to the hold that stands: "
                    f"xacthuc retention holds extend {hold['name']}",
                    exit_status=failed.exit_status,
                    facts={**failed.facts, "hold": hold["name"], "not_held": missing},
                ) from None
            hold, missing = answer["hold"], missing + answer["not_held"]
    if as_json:
        print_json({"hold": hold, "not_held": missing})
        return
    print_record(hold, _LABELS, as_json=False)
    _tell_missing(missing)


def _tell_missing(accounts: Sequence[str]) -> None:
    if accounts:
        note(f"Not held, because they are not registered or gone: {', '.join(accounts)}")
