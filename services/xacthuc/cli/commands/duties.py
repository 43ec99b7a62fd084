"""`xacthuc retention requests` and `xacthuc retention breaches`: what has to be answered by when."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from enum import StrEnum
from typing import Annotated

import typer

from xacthuc.cli.instants import When, instant
from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record, print_records

requests = typer.Typer(help="Keeps what persons demand of their data, and by when.", no_args_is_help=True)
breaches = typer.Typer(help="Keeps breaches with their 72 hours and the draft of the notice.", no_args_is_help=True)

_REQUEST = {
    "name": "request",
    "account": "account",
    "demand": "demand",
    "demand_time": "received",
    "acknowledge_due_time": "to acknowledge",
    "acknowledge_time": "acknowledged",
    "due_time": "due",
    "end_time": "answered",
    "refusal_basis": "refused by",
}
_BREACH = {
    "name": "breach",
    "detect_time": "detected",
    "due_time": "due",
    "notify_time": "notified",
    "reference": "reference",
}


class Demand(StrEnum):
    """What is demanded."""

    ACCESS = "access"
    CORRECT = "correct"
    ERASE = "erase"
    WITHDRAW = "withdraw"
    RESTRICT = "restrict"
    OBJECT = "object"


class Step(StrEnum):
    """What was done."""

    ACKNOWLEDGE = "acknowledge"
    EXTEND = "extend"
    FULFIL = "fulfil"
    REFUSE = "refuse"


_Text = Annotated[str, typer.Option(help="A line of the notice; nothing of a person.", show_default=False)]


@requests.command("open")
def open_request(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    account: Annotated[str, typer.Argument(help="Id of the account.")],
    demand: Annotated[Demand, typer.Argument(help="What is demanded.")],
    *,
    received: When = "",
    elsewhere: Annotated[bool, typer.Option(help="A processor or another service has to act, too.")] = False,
    as_json: Json = False,
) -> None:
    """Keeps a demand, and shows by when it is to be acknowledged and answered."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    call = admin.open_request(platform, account, demand.name, instant(received), elsewhere=elsewhere)
    with context.obj.identity_admin() as identity:
        print_record(identity.ask(call), _REQUEST, as_json=as_json)


@requests.command("advance")
def advance_request(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="platforms/PLATFORM/subjectRequests/ID, as listed.")],
    step: Annotated[Step, typer.Argument(help="What was done.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it was extended, or the article it was refused by.")] = "",
    as_json: Json = False,
) -> None:
    """Notes that a demand was acknowledged, extended, fulfilled or refused."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.advance_request(name, step.name, reason)), _REQUEST, as_json=as_json)


@requests.command("list")
def list_requests(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were answered.")] = False,
    as_json: Json = False,
) -> None:
    """Lists the demands on a platform that are open."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(
            lambda token: admin.list_requests(platform, token, open_only=not everything), "subject_requests"
        )
    print_records(found, _REQUEST, empty="No demands.", as_json=as_json)


@breaches.command("open")
def open_breach(
    context: typer.Context,
    *,
    detected: When = "",
    nature: _Text = "",
    data_kinds: _Text = "",
    subjects: Annotated[int, typer.Option(min=0, help="How many people; 0 while that is not known.")] = 0,
    consequences: _Text = "",
    measures: _Text = "",
    contact: _Text = "",
    as_json: Json = False,
) -> None:
    """Keeps a breach, and prints the draft of its notice in Vietnamese."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    draft = {
        "nature": nature,
        "data_kinds": data_kinds,
        "subject_count": subjects,
        "consequences": consequences,
        "measures": measures,
        "contact": contact,
    }
    with context.obj.identity_admin() as identity:
        kept = identity.ask(admin.open_breach(instant(detected), draft))
    print_record(kept, {**_BREACH, "notice_vi": "notice"}, as_json=as_json)


@breaches.command("update")
def update_breach(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="breaches/ID, as listed.")],
    *,
    nature: _Text = "",
    data_kinds: _Text = "",
    subjects: Annotated[int, typer.Option(min=0, help="How many people; 0 while that is not known.")] = 0,
    consequences: _Text = "",
    measures: _Text = "",
    contact: _Text = "",
    as_json: Json = False,
) -> None:
    """Replaces the whole draft of the notice."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    draft = {
        "nature": nature,
        "data_kinds": data_kinds,
        "subject_count": subjects,
        "consequences": consequences,
        "measures": measures,
        "contact": contact,
    }
    with context.obj.identity_admin() as identity:
        kept = identity.ask(admin.update_breach(name, draft))
    print_record(kept, {**_BREACH, "notice_vi": "notice"}, as_json=as_json)


@breaches.command("notify")
def notify_breach(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="breaches/ID, as listed.")],
    *,
    reference: Annotated[str, typer.Option(help="Under which number the agency received it.")],
    as_json: Json = False,
) -> None:
    """Notes that the agency was told."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.notify_breach(name, reference)), _BREACH, as_json=as_json)


@breaches.command("list")
def list_breaches(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists the breaches."""
    from xacthuc.cli.adapters import duty_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(admin.list_breaches, "breaches")
    print_records(found, _BREACH, empty="No breaches.", as_json=as_json)
