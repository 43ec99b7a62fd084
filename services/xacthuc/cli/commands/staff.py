"""`xacthuc staff`: signing in, and who may."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.cli.session import Session

app = typer.Typer(help="Signs in, and says who may.", no_args_is_help=True)
operators = typer.Typer(help="Invites, changes, disables and lists operators.", no_args_is_help=True)
sessions = typer.Typer(help="Lists and ends sessions.", no_args_is_help=True)
break_glass = typer.Typer(help="The account for emergencies.", no_args_is_help=True)
app.add_typer(operators, name="operators")
app.add_typer(sessions, name="sessions")
app.add_typer(break_glass, name="break-glass")

_OPERATOR = {
    "name": "operator",
    "display_name": "name",
    "roles": "roles",
    "state": "state",
    "email": "invited at",
    "create_time": "since",
}
_SESSION = {
    "name": "session",
    "operator": "operator",
    "roles": "roles",
    "means": "by",
    "state": "state",
    "create_time": "since",
    "expire_time": "until",
}


class Role(StrEnum):
    """What an operator does."""

    OFFICER = "officer"
    ADMIN = "admin"
    OPS = "ops"

    @property
    def contract_name(self) -> str:
        """Its name in the contract."""
        return self.name


Roles = Annotated[list[Role], typer.Option("--role", help="What they do; may be given several times.")]
Operator = Annotated[str, typer.Argument(help="operators/OPERATOR, as listed.")]


@app.command("sign-in")
def sign_in(
    context: typer.Context,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the browser comes back to; any free port unless given.")
    ] = 0,
    wait: Annotated[int, typer.Option(min=1, max=600, help="Seconds to wait for the browser.")] = 300,
    as_json: Json = False,
) -> None:
    """Signs in with the identity provider, in a browser on this machine."""
    from urllib.parse import urlsplit

    from xacthuc.cli.adapters import staff_admin_client as admin
    from xacthuc.cli.loopback import Loopback

    try:
        listening = Loopback(port)
    except OSError as error:
        raise CommandFailed(
            f"port {port} is taken ({error.strerror})", advice="Name another: --port PORT", exit_status=EXIT_USAGE
        ) from None
    with listening, context.obj.identity_admin(signed_in=False) as identity:
        begun = identity.ask(admin.begin_sign_in(listening.port))
        note(f"Open this in a browser on this machine:\n\n{begun['authorization_uri']}\n")
        redirect = listening.wait(urlsplit(begun["redirect_uri"]).path, begun["state"], wait)
        if redirect is None:
            raise CommandFailed(
                "nobody came back from the identity provider", advice="Try again, with a longer --wait."
            )
        _keep(context.obj, identity.ask(admin.complete_sign_in(redirect)), as_json=as_json)


@app.command("whoami")
def whoami(context: typer.Context, *, as_json: Json = False) -> None:
    """Says as whom commands are carried out, and until when."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        me = identity.ask(admin.get_me())
    if as_json:
        print_json(me)
        return
    print_record({**me["operator"], "until": (me.get("session") or {}).get("expire_time")}, {**_ME}, as_json=False)


_ME = {"name": "operator", "display_name": "name", "roles": "roles", "until": "until"}


@app.command("sign-out")
def sign_out(context: typer.Context, *, as_json: Json = False) -> None:
    """Ends the session, everywhere within a second."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    kept = context.obj.kept
    if not kept.secret():
        note("Nobody is signed in.")
        return
    try:
        with context.obj.identity_admin() as identity:
            ended = identity.ask(admin.sign_out())
    except CommandFailed as failed:
        if str(failed.facts.get("status")) != "UNAUTHENTICATED":
            raise
        note("The session was over already.")
    else:
        print_record(ended, _SESSION, as_json=as_json)
    kept.forget()


@operators.command("invite")
def invite(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="What colleagues call them.")],
    role: Roles,
    email: Annotated[str, typer.Option(help="Their address at the identity provider.")] = "",
    subject: Annotated[str, typer.Option(help="Their subject there, in place of the address.")] = "",
    as_json: Json = False,
) -> None:
    """Lets somebody sign in."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    if bool(email) == bool(subject):
        raise typer.BadParameter("give --email or --subject, one of them")
    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.invite(name, [each.contract_name for each in role], email, subject))
    print_record(made, _OPERATOR, as_json=as_json)


@operators.command("update")
def update(
    context: typer.Context,
    operator: Operator,
    *,
    name: Annotated[str, typer.Option(help="What colleagues call them from now on.")] = "",
    role: Annotated[
        list[Role] | None, typer.Option(help="What they do from now on; may be given several times.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Changes name or roles; sessions have the new roles within a second."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        changed = identity.ask(admin.update(operator, name, [each.contract_name for each in role or []]))
    print_record(changed, _OPERATOR, as_json=as_json)


@operators.command("disable")
def disable(context: typer.Context, operator: Operator, *, as_json: Json = False) -> None:
    """Lets somebody in no more, and ends their sessions."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        changed = identity.ask(admin.disable(operator))
    print_record(changed, _OPERATOR, as_json=as_json)


@operators.command("list")
def list_operators(context: typer.Context, *, as_json: Json = False) -> None:
    """Lists the operators."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(admin.list_operators, "operators")
    empty = "No operators yet. Invite one: xacthuc staff operators invite --name NAME --email ADDRESS --role admin"
    print_records(found, _OPERATOR, empty=empty, as_json=as_json)


@sessions.command("list")
def list_sessions(
    context: typer.Context,
    *,
    operator: Annotated[str, typer.Option(help="Those of one operator alone.")] = "",
    as_json: Json = False,
) -> None:
    """Lists the sessions, newest first."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        found = identity.ask_all(lambda token: admin.list_sessions(operator, token), "sessions")
    print_records(found, _SESSION, empty="Nobody is signed in.", as_json=as_json)


@sessions.command("revoke")
def revoke(
    context: typer.Context,
    session: Annotated[str, typer.Argument(help="sessions/SESSION, as listed.")],
    *,
    as_json: Json = False,
) -> None:
    """Ends a session, everywhere within a second."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    with context.obj.identity_admin() as identity:
        ended = identity.ask(admin.revoke_session(session))
    print_record(ended, _SESSION, as_json=as_json)


@break_glass.command("init")
def init(
    *,
    file: Annotated[Path, typer.Option(help="Where identity reads it: staff-break-glass.key among its keys.")],
    replace: Annotated[bool, typer.Option(help="Make another in place of the one that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Makes the secret for emergencies and prints it, this once. Needs no service; keep it in an envelope."""
    from xacthuc.credentials.break_glass import BreakGlass
    from xacthuc.up.layout import write_private

    if file.exists() and not replace:
        raise CommandFailed(
            f"{file} is there already",
            advice="Give --replace to make the old secret worthless.",
            exit_status=EXIT_USAGE,
        )
    secret, kept = BreakGlass.new()
    try:
        write_private(file, kept.line.encode())
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}", exit_status=EXIT_USAGE) from None
    if as_json:
        print_json({"secret": secret, "file": str(file)})
    else:
        sys.stdout.write(f"{secret}\n")
    note("Print this and seal it: it is stored nowhere and cannot be shown again. Every use is audited and alarmed.")


@break_glass.command("sign-in")
def sign_in_break_glass(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option(help="What the emergency is, for the record.")],
    as_json: Json = False,
) -> None:
    """Signs in for half an hour with the secret for emergencies, which is asked for or read from standard input."""
    from xacthuc.cli.adapters import staff_admin_client as admin

    typed = typer.prompt("Secret", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    with context.obj.identity_admin(signed_in=False) as identity:
        _keep(context.obj, identity.ask(admin.sign_in_break_glass(typed.strip(), reason)), as_json=as_json)


def _keep(session: "Session", made: "Mapping[str, Any]", *, as_json: bool) -> None:
    session.kept.keep({"secret": made["secret"], "session": made["session"]["name"]})
    print_record(made["session"], _SESSION, as_json=as_json)
