"""`xacthuc approvals`: what takes two people."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from xacthuc.cli.account_lists import Accounts, AccountsFile, accounts_of
from xacthuc.cli.instants import TIME, instant
from xacthuc.cli.options import Json, Reason
from xacthuc.cli.output import note, print_record, print_records

app = typer.Typer(help="Proposes, grants, refuses and lists what takes two people.", no_args_is_help=True)

_ROW = {
    "name": "approval",
    "kind": "act",
    "platform": "platform",
    "state": "state",
    "proposer": "proposed by",
    "expire_time": "until",
    "reason": "reason",
}
_WHOLE = {
    **_ROW,
    "parameters": "with",
    "create_time": "proposed",
    "due_time": "to be decided by",
    "adopter": "adopted by",
    "adopt_time": "adopted",
    "decider": "decided by",
    "decision_reason": "because",
    "decide_time": "decided",
    "end_time": "ended",
    "result": "result",
    "failure": "failure",
}


class Kind(StrEnum):
    """What kind of act it is. What authorities ask for is proposed by `xacthuc retention releases propose`."""

    MASS_UNLOCK = "mass-unlock"
    PERMANENT_LOCK = "permanent-lock"
    KEY_DESTRUCTION = "key-destruction"
    RESTRICT_ACCOUNTS = "restrict-accounts"
    BROADCAST_EXPORT = "broadcast-export"

    @property
    def of_many(self) -> bool:
        """Whether it is about many accounts."""
        return self in {Kind.MASS_UNLOCK, Kind.RESTRICT_ACCOUNTS}


class State(StrEnum):
    """How far an approval has come."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    EXECUTED = "executed"
    FAILED = "failed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


Name = Annotated[str, typer.Argument(help="approvals/APPROVAL, as listed.")]


@app.command("propose")
def propose(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What is to be done.")],
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    basis: Annotated[str, typer.Option(help="The order or rule it rests on.")],
    reason: Reason,
    account: Accounts = None,
    accounts_file: AccountsFile = None,
    until: Annotated[
        datetime | None, typer.Option(parser=instant, metavar=TIME, help="For restrict-accounts: its end.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Proposes an act; it is done once another operator has granted it."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    named = accounts_of(account, accounts_file)
    names = [each if "/" in each else f"accounts/{each}" for each in named]
    if not kind.of_many and len(names) != 1:
        raise typer.BadParameter(f"{kind} is about one account")
    about = {"accounts": names} if kind.of_many else {"account": names[0]}
    more = {"expire_time": until.isoformat()} if until else {}
    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.propose(platform, kind.name, {**about, "basis": basis, **more}, reason))
    _print(made, as_json=as_json)
    if not as_json:
        note(f"Another operator decides: xacthuc approvals grant {made['name']}")


@app.command("show")
def show(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Shows an approval whole."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.get(name)), as_json=as_json)


@app.command("list")
def list_approvals(
    context: typer.Context,
    *,
    state: Annotated[State | None, typer.Option(help="Those in this state alone.")] = None,
    as_json: Json = False,
) -> None:
    """Lists approvals, newest first."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    wanted = "" if state is None else state.name
    with context.obj.identity_admin() as identity:
        found = identity.ask_all(lambda token: admin.list_approvals(wanted, token), "approvals")
    shown = found if as_json else [{**each, "proposer": _proposer(each)} for each in found]
    print_records(shown, _ROW, empty="Nothing is proposed.", as_json=as_json)


@app.command("adopt")
def adopt(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Makes yours what the service proposed because a rule of law calls for it; another operator then grants it."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.adopt(name))
    _print(made, as_json=as_json)
    if not as_json:
        note(f"Another operator decides: xacthuc approvals grant {made['name']}")


@app.command("grant")
def grant(
    context: typer.Context,
    name: Name,
    *,
    reason: Annotated[str, typer.Option(help="What you checked, for the record.")] = "",
    as_json: Json = False,
) -> None:
    """Grants what another operator proposed or adopted; it is done within seconds."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.grant(name, reason)), as_json=as_json)


@app.command("refuse")
def refuse(context: typer.Context, name: Name, *, reason: Reason, as_json: Json = False) -> None:
    """Refuses what another operator proposed."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.refuse(name, reason)), as_json=as_json)


@app.command("withdraw")
def withdraw(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Takes back what you proposed."""
    from xacthuc.cli.adapters import approval_admin_client as admin

    with context.obj.identity_admin() as identity:
        _print(identity.ask(admin.withdraw(name)), as_json=as_json)


def _proposer(approval: dict[str, Any]) -> str:
    """Who stands for it: nobody yet, where the service proposed it."""
    return str(approval["proposer"] or approval["adopter"] or "the service; to be adopted")


def _print(approval: dict[str, Any], *, as_json: bool) -> None:
    """People see the act's parameters in one line; the JSON is the contract's."""
    if as_json:
        print_record(approval, _WHOLE, as_json=True)
        return
    act: dict[str, Any] = next(iter(approval["act"].values()), {})
    told = {
        **approval,
        "proposer": approval["proposer"] or "the service",
        "parameters": [f"{name}: {value}" for name, value in act.items()],
        "result": [f"{name}: {value}" for name, value in approval["result"].items()],
    }
    print_record(told, {field: label for field, label in _WHOLE.items() if told.get(field)}, as_json=False)
