"""`xacthuc backfill start`, `status`, `pause`, `resume` and `kill`: accounts are asked, or not any more."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.backfill_reading import Days, PolicyFile, Start, usable
from xacthuc.cli.backfill_start import Wish
from xacthuc.cli.failure import EXIT_LEFT, CommandFailed
from xacthuc.cli.options import Json, PlatformId, Reason
from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from collections import Counter

_CAMPAIGN: Final = {
    "name": "campaign",
    "state": "state",
    "start_time": "started",
    "close_time": "over",
    "reason": "because",
}
_CLASSES: Final = {"lacks": "lacks", "accounts": "accounts", "reachable": "by notice too"}
_STANDINGS: Final = {"account_class": "lacked", "state": "stands", "account_count": "accounts"}
_WAVES: Final = {
    "wave": "wave",
    "state": "state",
    "hold_reason": "because",
    "event_count": "told",
    "notice_count": "notices",
    "delivered_count": "arrived",
    "failed_count": "failed",
    "verified_count": "verified",
}
_PROVIDERS: Final = {
    "provider": "provider",
    "notice_count": "notices",
    "delivered_count": "arrived",
    "failed_count": "failed",
    "cost_vnd": "dong",
}

RESTRICTION: Final = {
    "approval": "approval",
    "state": "state",
    "account_count": "agreed to",
    "taken_count": "unverified still",
    "ended_count": "read-only",
    "restored_count": "restored",
    "end_time": "over",
    "reason": "because",
}

CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Id of the campaign, as listed.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it, what would be done is told.")]


def start(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Of the import, as import or split made it.")],
    *,
    platform: Annotated[str, typer.Option(help="Id of the platform whose accounts they are.")],
    campaign: Annotated[str, typer.Option(help="What the campaign is to be called: a-z, 0-9 and -.")],
    plan: Annotated[
        Path, typer.Option(metavar="FILE", help="TOML that says how accounts are asked, and for how much.")
    ],
    yes: Yes = False,
    start_day: Start = "",
    days: Days = None,
    policy_file: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Has the accounts of an import asked for what they lack, until the cautious deadline.

    Without --yes it tells whom it would ask, and changes nothing. It may be killed at any moment: say the same again.
    """
    from xacthuc.backfill.adapters.accepted import accepted, counted
    from xacthuc.backfill.adapters.work import Work

    wish = Wish(platform=platform, campaign=campaign, plan=plan, policy=policy_file, start=start_day, days=days)
    with usable():
        work = Work(directory)
        decided = wish.decided(work)
        found = counted(accepted(work, platform))
    if not found:
        raise CommandFailed("nobody is to be asked", advice=f"Import first: xacthuc backfill import {directory} --yes")
    if not yes:
        _tell_preview(found, as_json=as_json)
        return
    with context.obj.backfill_admin() as backfill:
        figures = wish.send(backfill, work, decided, shown=not as_json)
    _tell(figures, as_json=as_json)


def status(
    context: typer.Context,
    platform: PlatformId,
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Id of one; without it, all are listed.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Shows campaigns, or what became of the accounts of one. Ends with 4 while one of its waves is held."""
    from xacthuc.cli.adapters import backfill_admin_client as admin

    with context.obj.backfill_admin() as backfill:
        if not campaign:
            found = backfill.ask_all(lambda token: admin.list_campaigns(platform, token), "campaigns")
            print_records(found, _CAMPAIGN, empty="No campaign yet: xacthuc backfill start", as_json=as_json)
            return
        figures = backfill.ask(admin.get(admin.campaign_name(platform, campaign)))
    _tell(figures, as_json=as_json)
    if any(wave["state"] == "HELD" for wave in figures["waves"]):
        raise typer.Exit(EXIT_LEFT)


def pause(
    context: typer.Context, platform: PlatformId, campaign: CampaignId, *, reason: Reason, as_json: Json = False
) -> None:
    """Stops a campaign for a while, at once."""
    from xacthuc.cli.adapters import backfill_admin_client as admin

    with context.obj.backfill_admin() as backfill:
        paused = backfill.ask(admin.pause(admin.campaign_name(platform, campaign), reason))
    print_record(paused, _CAMPAIGN, as_json=as_json)


def resume(
    context: typer.Context,
    platform: PlatformId,
    campaign: CampaignId,
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Lets a campaign go on that was paused, and opens its waves that are held."""
    from xacthuc.cli.adapters import backfill_admin_client as admin

    name = admin.campaign_name(platform, campaign)
    with context.obj.backfill_admin() as backfill:
        if not yes:
            _tell(backfill.ask(admin.get(name)), as_json=as_json)
            note("Nothing was changed. To let it go on: --yes")
            return
        print_record(backfill.ask(admin.resume(name, reason)), _CAMPAIGN, as_json=as_json)


def kill(
    context: typer.Context,
    platform: PlatformId,
    campaign: CampaignId,
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Ends a campaign for good, and destroys the numbers it has. To stop it at once for a while: pause."""
    from xacthuc.cli.adapters import backfill_admin_client as admin

    name = admin.campaign_name(platform, campaign)
    with context.obj.backfill_admin() as backfill:
        if not yes:
            _tell(backfill.ask(admin.get(name)), as_json=as_json)
            note("Nothing was changed. To end it for good: --yes")
            return
        print_record(backfill.ask(admin.kill(name, reason)), _CAMPAIGN, as_json=as_json)


def _tell_preview(found: "Counter[tuple[str, bool]]", *, as_json: bool) -> None:
    classes = sorted({lacks for lacks, _ in found})
    rows = [
        {"lacks": lacks, "accounts": found[lacks, True] + found[lacks, False], "reachable": found[lacks, True]}
        for lacks in classes
    ]
    print_records(rows, _CLASSES, empty="", as_json=as_json)
    note("Nobody is asked yet. To start: --yes")


def _tell(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    print_record(figures["campaign"], _CAMPAIGN, as_json=False)
    print_records(figures["standings"], _STANDINGS, empty="It has no accounts.", as_json=False)
    print_records(figures["waves"], _WAVES, empty="", as_json=False)
    if figures["providers"]:
        print_records(figures["providers"], _PROVIDERS, empty="", as_json=False)
    if figures["restrictions"]:
        print_records(figures["restrictions"], RESTRICTION, empty="", as_json=False)
    spent = sum(int(day["cost_vnd"]) for day in figures["days"])
    note(f"{figures['account_count']} accounts, {figures['erased_count']} of them erased since; {spent} dong.")
