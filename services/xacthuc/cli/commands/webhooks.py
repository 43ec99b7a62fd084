"""`xacthuc webhooks`: who is told of what happens to accounts, and what became of it."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from xacthuc.cli.failure import EXIT_FAILED, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json, span
from xacthuc.cli.output import note, print_json, print_record, print_records

app = typer.Typer(help="Creates, changes and tests webhooks, and sends again what they missed.", no_args_is_help=True)

_LABELS = {
    "name": "webhook",
    "address": "address",
    "kinds": "kinds",
    "state": "state",
    "create_time": "created",
    "failure_start_time": "failing since",
}
_DELIVERY_LABELS = {
    "event": "event",
    "kind": "kind",
    "account": "account",
    "occur_time": "happened",
    "state": "state",
    "attempts": "attempts",
    "last_outcome": "outcome",
    "last_status": "status",
    "next_attempt_time": "next attempt",
}


class Kind(StrEnum):
    """What a webhook may be told of."""

    ACCOUNT_REGISTERED = "account-registered"
    ACCOUNT_IMPORTED = "account-imported"
    PHONE_VERIFIED = "phone-verified"
    NUMBER_CHANGED = "number-changed"
    PERSONAL_ID_DECLARED = "personal-id-declared"
    PERSONAL_ID_VERIFIED = "personal-id-verified"
    PERSONAL_ID_REFUSED = "personal-id-refused"
    REVERIFICATION_REQUIRED = "reverification-required"
    GUARDIAN_LINKED = "guardian-linked"
    GUARDIAN_ENDED = "guardian-ended"
    SUPERVISION_CHANGED = "supervision-changed"
    ACCOUNT_CORRECTED = "account-corrected"
    ACCOUNT_LOCKED = "account-locked"
    ACCOUNT_UNLOCKED = "account-unlocked"
    ACCOUNT_CLOSED = "account-closed"
    ERASURE_SCHEDULED = "erasure-scheduled"
    ACCOUNT_ERASED = "account-erased"
    VERIFICATION_DUE = "verification-due"
    TRANSITION_ENDED = "transition-ended"
    TRANSITION_RESTORED = "transition-restored"


Name = Annotated[str, typer.Argument(help="platforms/PLATFORM/webhooks/WEBHOOK, as listed.")]
Kinds = Annotated[
    list[Kind] | None,
    typer.Option("--kind", help="What to tell of; may be given several times. Unless given, all but imports."),
]


@app.command("create")
def create(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    address: Annotated[str, typer.Option(help="Where deliveries are posted: https://...")],
    kind: Kinds = None,
    as_json: Json = False,
) -> None:
    """Creates a webhook and prints its secret, this once."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.create(platform, address, [each.name for each in kind or []]))
    _print_secret(made, as_json=as_json)


@app.command("list")
def show_all(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    as_json: Json = False,
) -> None:
    """Lists the webhooks of a platform, oldest first, without secrets."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        webhooks = identity.ask(admin.list_webhooks(platform))["webhooks"]
    empty = f"No webhooks yet. Create one: xacthuc webhooks create {platform} --address https://..."
    print_records(webhooks, _LABELS, empty=empty, as_json=as_json)


@app.command("show")
def show(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Shows a webhook."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        print_record(identity.ask(admin.get(name)), _LABELS, as_json=as_json)


@app.command("update")
def update(
    context: typer.Context,
    name: Name,
    *,
    address: Annotated[str, typer.Option(help="Where deliveries are posted from now on.")] = "",
    kind: Kinds = None,
    default_kinds: Annotated[bool, typer.Option("--default-kinds", help="Tell of all but imports again.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="Tell of nothing until it is resumed.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Tell again; replay what it missed.")] = False,
    as_json: Json = False,
) -> None:
    """Changes a webhook; what is left out stays."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    if pause and resume:
        raise CommandFailed("--pause and --resume contradict each other", exit_status=EXIT_USAGE)
    change = "PAUSE" if pause else "RESUME" if resume else ""
    kinds = [each.name for each in kind or []]
    with context.obj.identity_admin() as identity:
        call = admin.update(name, address, kinds, default_kinds=default_kinds, change=change)
        print_record(identity.ask(call), _LABELS, as_json=as_json)


@app.command("delete")
def delete(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Removes a webhook and its secrets."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        answer = identity.ask(admin.delete(name))
    if as_json:
        print_json(answer)
    else:
        note(f"{name} is told of nothing any more.")


@app.command("rotate")
def rotate(
    context: typer.Context,
    name: Name,
    *,
    overlap: Annotated[
        str, typer.Option(metavar="SPAN", help="How long the old secret stays good: 24h unless given.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Makes a new secret and prints it, this once."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.rotate(name, span(overlap) if overlap else None))
    _print_secret(made, as_json=as_json)


@app.command("test")
def try_out(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Sends a delivery about nobody and says what came of it; fails when the receiver did not accept it."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask(admin.test(name))
    print_record(found, {"outcome": "outcome", "status": "status"}, as_json=as_json)
    if found["outcome"] != "ACCEPTED":
        raise CommandFailed(
            f"the receiver did not accept it ({found['outcome']})",
            advice="docs/webhooks.md says what each outcome means.",
            exit_status=EXIT_FAILED,
        )


@app.command("deliveries")
def deliveries(
    context: typer.Context,
    name: Name,
    *,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Shows what was sent to a webhook, or is still to be, newest event first."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask(admin.deliveries(name, count))["deliveries"]
    print_records(found, _DELIVERY_LABELS, empty="Nothing was sent to it yet.", as_json=as_json)


@app.command("replay")
def replay(
    context: typer.Context,
    name: Name,
    *,
    event: Annotated[str, typer.Option(help="One event: events/ID.")] = "",
    since: Annotated[str, typer.Option(metavar="SPAN", help="Everything of the last while, such as 6h.")] = "",
    cursor: Annotated[str, typer.Option(help="Everything behind a cursor of `xacthuc events watch`.")] = "",
    as_json: Json = False,
) -> None:
    """Sends again what a webhook missed: dead deliveries too."""
    from xacthuc.cli.adapters import webhook_admin_client as admin

    if sum(map(bool, (event, since, cursor))) != 1:
        raise CommandFailed("say what to send again: --event, --since or --cursor", exit_status=EXIT_USAGE)
    from_time = datetime.now(UTC) - span(since) if since else None
    with context.obj.identity_admin() as identity:
        found = identity.ask(admin.replay(name, event=event, cursor=cursor, from_time=from_time))
    print_record(found, _LABELS, as_json=as_json)
    if not as_json:
        note(f"It is on its way: xacthuc webhooks deliveries {name}")


def _print_secret(made: Mapping[str, Any], *, as_json: bool) -> None:
    """The JSON is the contract's `{webhook, secret}`; people see one list."""
    shown = made if as_json else {**made["webhook"], "secret": made["secret"]}
    print_record(shown, {**_LABELS, "secret": "secret"}, as_json=as_json)
    if not as_json:
        note("Keep the secret now: it cannot be shown again.")
