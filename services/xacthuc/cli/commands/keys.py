"""`xacthuc keys`: the secrets with which platforms call."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from xacthuc.cli.options import Json, span
from xacthuc.cli.output import note, print_record, print_records

app = typer.Typer(help="Creates, lists, rotates and revokes keys.", no_args_is_help=True)

_LABELS = {
    "name": "key",
    "scopes": "scopes",
    "state": "state",
    "create_time": "created",
    "expire_time": "expires",
}


class Scope(StrEnum):
    """What a key opens."""

    OTP = "otp"
    IDENTITY = "identity"
    IDENTITY_READ = "identity-read"
    GUARDIAN = "guardian"
    GUARDIAN_READ = "guardian-read"
    LIVESTREAM = "livestream"
    LIVESTREAM_READ = "livestream-read"

    @property
    def contract_name(self) -> str:
        """Its name in the contract."""
        return self.name


Platform = Annotated[str, typer.Argument(help="Id of the platform.")]
Name = Annotated[str, typer.Argument(help="platforms/PLATFORM/keys/KEY, as listed.")]


@app.command("create")
def create(
    context: typer.Context,
    platform: Platform,
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it opens; may be given several times.")],
    ttl: Annotated[
        str, typer.Option(metavar="SPAN", help="How long it is good, such as 365d; for ever unless given.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Creates a key and prints its secret, this once. At most two may be active."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(
            admin.create_key(platform, [each.contract_name for each in scope], span(ttl) if ttl else None)
        )
    _print_secret(made, as_json=as_json)


@app.command("rotate")
def rotate(
    context: typer.Context,
    name: Name,
    *,
    overlap: Annotated[
        str, typer.Option(metavar="SPAN", help="How long the old one stays good: 24h unless given.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Creates a key in place of another and prints its secret, this once."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        made = identity.ask(admin.rotate_key(name, span(overlap) if overlap else None))
    _print_secret(made, as_json=as_json)


@app.command("revoke")
def revoke(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Revokes a key; every server refuses it within a second."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        key = identity.ask(admin.revoke_key(name))
    print_record(key, _LABELS, as_json=as_json)


@app.command("list")
def show(context: typer.Context, platform: Platform, *, as_json: Json = False) -> None:
    """Lists the keys of a platform, newest first, without secrets."""
    from xacthuc.cli.adapters import identity_admin_client as admin

    with context.obj.identity_admin() as identity:
        keys = identity.ask(admin.list_keys(platform))["keys"]
    empty = f"No keys yet. Create one: xacthuc keys create {platform} --scope otp --scope identity"
    print_records(keys, _LABELS, empty=empty, as_json=as_json)


def _print_secret(made: Mapping[str, Any], *, as_json: bool) -> None:
    """The JSON is the contract's `{key, secret}`; people see one list."""
    shown = made if as_json else {**made["key"], "secret": made["secret"]}
    print_record(shown, {**_LABELS, "secret": "secret"}, as_json=as_json)
    if not as_json:
        note("Keep the secret now: it is stored nowhere and cannot be shown again.")
