"""`xacthuc events`: what happens to accounts, as platforms and services are told."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Annotated, Any

import typer

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_line

app = typer.Typer(help="Shows what happens to accounts.", no_args_is_help=True)

_FIELDS = ("occur_time", "platform", "account", "kind", "name")

Platform = Annotated[str, typer.Option(metavar="PLATFORM", help="Of this platform alone.")]


@app.command("watch")
def watch(
    context: typer.Context,
    *,
    cursor: Annotated[str, typer.Option(help="Go on behind it; from the oldest event kept unless given.")] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Shows events as they happen, until Ctrl-C, and the cursor to go on from. With --json a batch a line."""
    with context.obj.identity_admin() as identity:
        try:
            for batch in _followed(identity, cursor):
                cursor = batch["cursor"]
                _print(batch, platform, as_json=as_json)
        except KeyboardInterrupt:
            pass
        except CommandFailed as failed:
            failed.advice = f"{failed.advice} Then go on with: --cursor={cursor}" if cursor else failed.advice
            raise
    note(f"Go on with: xacthuc events watch --cursor={cursor}")


@app.command("tail")
def tail(
    context: typer.Context,
    *,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many changes to show.")] = 20,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Shows the newest events, oldest first, and ends."""
    from xacthuc.cli.adapters import identity_events_client as events

    with context.obj.identity_admin() as identity:
        # The first answer without events says that everything up to now was told.
        for batch in takewhile(lambda batch: batch["events"], identity.stream(events.watch("", count))):
            _print(batch, platform, as_json=as_json)


def _followed(identity: Any, cursor: str) -> Iterator[dict[str, Any]]:
    """Yields batches, and begins anew when the server ends a stream, as it does every half hour."""
    from xacthuc.cli.adapters import identity_events_client as events

    while True:
        for batch in identity.stream(events.watch(cursor)):
            cursor = batch["cursor"]
            yield batch


def _print(batch: dict[str, Any], platform: str, *, as_json: bool) -> None:
    found = list(_of(platform, batch["events"]))
    if as_json and found:
        print_json({**batch, "events": found})
    elif not as_json:
        for event in found:
            print_line(event, _FIELDS)


def _of(platform: str, events: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (event for event in events if not platform or event["platform"] == f"platforms/{platform}")
