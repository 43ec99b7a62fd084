"""`xacthuc guardians`: who answers for which child, what became of it, and what an officer has to decide."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from enum import StrEnum
from typing import Annotated, Any

import typer

from xacthuc.cli.options import Account, Json, PlatformId
from xacthuc.cli.output import note, print_json, print_record, print_records

app = typer.Typer(help="Shows who answers for children, and decides what speaks against it.", no_args_is_help=True)

_LINK = {
    "name": "link",
    "state": "state",
    "relation": "relation",
    "child": "child",
    "guardian": "guardian",
    "start_time": "since",
    "end_time": "until",
    "end_cause": "because",
    "dispute": "dispute",
}
_CHANGE = {"name": "link", "change_time": "when", "state": "became", "actor": "by"}
_DISPUTE = {
    "name": "dispute",
    "state": "state",
    "cause": "cause",
    "link": "link",
    "child": "child",
    "basis": "rests on",
    "create_time": "since",
    "resolver": "decided by",
    "resolve_basis": "because",
    "resolve_time": "on",
}

DisputeName = Annotated[str, typer.Argument(help="platforms/PLATFORM/disputes/DISPUTE, as listed.")]
Basis = Annotated[str, typer.Option(help="What it rests on, such as the number of a letter; nothing personal.")]


class Cause(StrEnum):
    """What may be said against a link. The contract's names, without what is never valid."""

    NUMBER_OF_CHILD = "NUMBER_OF_CHILD"
    DEVICE_OF_CHILD = "DEVICE_OF_CHILD"
    CONTESTED = "CONTESTED"
    NUMBER_RECYCLED = "NUMBER_RECYCLED"
    BIRTH_DATE_CORRECTED = "BIRTH_DATE_CORRECTED"


class Decision(StrEnum):
    """What an officer decides."""

    ALLOW = "allow"
    REFUSE = "refuse"


@app.command("list")
def list_links(context: typer.Context, platform: PlatformId, *, account: Account, as_json: Json = False) -> None:
    """Lists the links of a child or of a guardian, also those that are over, newest first."""
    found = _histories(context, platform, account)
    empty = "Nobody answers or was asked to answer for this account, or by it."
    print_records([each["link"] for each in found], _LINK, empty=empty, as_json=as_json)


@app.command("history")
def history(context: typer.Context, platform: PlatformId, *, account: Account, as_json: Json = False) -> None:
    """Lists everything that became of the links of a child or of a guardian, and who did it."""
    found = _histories(context, platform, account)
    changes = [{"name": each["link"]["name"], **change} for each in found for change in each["changes"]]
    empty = "Nobody answers or was asked to answer for this account, or by it."
    print_records(found if as_json else changes, _CHANGE, empty=empty, as_json=as_json)


@app.command("disputes")
def list_disputes(
    context: typer.Context,
    platform: PlatformId,
    *,
    resolved: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    as_json: Json = False,
) -> None:
    """Lists what speaks against links and waits for an officer, newest first."""
    from xacthuc.cli.adapters import guardian_admin_client as admin

    with context.obj.guardian_admin() as guardian:
        found = guardian.ask_all(lambda token: admin.list_disputes(platform, token, show_resolved=resolved), "disputes")
    empty = "Nothing was ever said against a link." if resolved else "No dispute is open; --all shows decided ones."
    print_records(found, _DISPUTE, empty=empty, as_json=as_json)


@app.command("show")
def show(context: typer.Context, name: DisputeName, *, as_json: Json = False) -> None:
    """Shows one dispute."""
    from xacthuc.cli.adapters import guardian_admin_client as admin

    with context.obj.guardian_admin() as guardian:
        print_record(guardian.ask(admin.get_dispute(name)), _DISPUTE, as_json=as_json)


@app.command("contest")
def contest(
    context: typer.Context,
    platform: PlatformId,
    link: Annotated[str, typer.Argument(help="The link, as listed.")],
    *,
    basis: Basis,
    cause: Annotated[Cause, typer.Option(help="What speaks against it.")] = Cause.CONTESTED,
    as_json: Json = False,
) -> None:
    """Puts on record that something speaks against a link. Nothing of it changes before it is decided."""
    from xacthuc.cli.adapters import guardian_admin_client as admin

    with context.obj.guardian_admin() as guardian:
        found = guardian.ask(admin.open_dispute(platform, link, cause.value, basis))
        print_record(found, _DISPUTE, as_json=as_json)


@app.command("resolve")
def resolve(
    context: typer.Context,
    name: DisputeName,
    decision: Annotated[Decision, typer.Argument(help="Whether the link goes on, or ends.")],
    *,
    basis: Basis,
    as_json: Json = False,
) -> None:
    """Decides a dispute."""
    from xacthuc.cli.adapters import guardian_admin_client as admin

    with context.obj.guardian_admin() as guardian:
        found = guardian.ask(admin.resolve_dispute(name, decision.name, basis))
        print_record(found, _DISPUTE, as_json=as_json)


@app.command("sandbox")
def sandbox(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="Which one; all of them are listed unless it is given.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Makes a family of the development stack, which ends in one situation, with people who belong to nobody."""
    from xacthuc.cli.sandbox.families import FAMILIES

    if not family:
        listed = [{"family": name, "shows": each.shows} for name, each in FAMILIES.items()]
        print_records(listed, {"family": "family", "shows": "shows"}, empty="", as_json=as_json)
        return
    if family not in FAMILIES:
        raise typer.BadParameter(f"{family!r} is none of {', '.join(FAMILIES)}", param_hint="FAMILY")
    from xacthuc.cli.sandbox.playing import play

    with context.obj.sandbox() as client:
        made = play(family, client, context.obj.inbox())
    if as_json:
        print_json(made)
        return
    note(made["shows"])
    if made["refused"]:
        note(f"{made['refused']['reason']}: {made['refused']['message']}")
    print_records(made["links"], _LINK, empty="Nobody answers.", as_json=False)


def _histories(context: typer.Context, platform: str, account: str) -> list[dict[str, Any]]:
    from xacthuc.cli.adapters import guardian_admin_client as admin

    with context.obj.guardian_admin() as guardian:
        found: list[dict[str, Any]] = guardian.ask_all(
            lambda token: admin.list_histories(platform, account, token), "histories"
        )
    return found
