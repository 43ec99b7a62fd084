"""`xacthuc backfill restrict` and `undo`: accounts that are unverified still may only read, by what two people agree to."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from typing import Annotated, Any, Final

import typer

from xacthuc.cli.commands.backfill_campaign import RESTRICTION, CampaignId, Yes
from xacthuc.cli.failure import EXIT_LEFT
from xacthuc.cli.options import Json, PlatformId, Reason
from xacthuc.cli.output import note, print_json, print_record, print_records

_PREVIEW: Final = {"campaign": "campaign", "as_of_time": "counted", "account_count": "accounts"}
_GROUPS: Final = {
    "account_class": "lacks",
    "state": "stands",
    "account_count": "accounts",
    "unasked_count": "asked nothing yet",
}
_APPROVAL: Final = {"name": "approval", "state": "state", "expire_time": "until"}

Approval = Annotated[str, typer.Option(help="What two people agreed to, approvals/APPROVAL.", show_default=False)]


def restrict(
    context: typer.Context,
    platform: PlatformId,
    campaign: CampaignId,
    *,
    approval: Approval = "",
    basis: Annotated[str, typer.Option(help="To propose it: the order or rule it rests on.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="To propose it: why, for who decides.", show_default=False)] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Makes accounts read-only that are unverified still, in three steps.

    Without options it counts whom that would be about, and changes nothing. With --basis, --reason and --yes it proposes
    just that to a second person, who grants it with `xacthuc approvals grant`. With --approval and --yes it is done.
    Ends with 4 when nobody is left to restrict.
    """
    from xacthuc.cli.adapters import approval_admin_client as approvals
    from xacthuc.cli.adapters import backfill_admin_client as admin

    if bool(basis) != bool(reason):
        raise typer.BadParameter("to propose it, say both --basis and --reason")
    if basis and approval:
        raise typer.BadParameter("--approval is what was granted already; to propose another one, leave it out")
    if yes and not (basis or approval):
        raise typer.BadParameter("say --basis and --reason to propose it, or --approval to have done what was granted")
    name = admin.campaign_name(platform, campaign)
    with context.obj.backfill_admin() as backfill:
        if approval and yes:
            _tell(backfill.ask(admin.restrict(name, approval)), as_json=as_json)
            return
        counted = backfill.ask(admin.preview_restriction(name))
    nobody = not int(counted["account_count"])
    if not yes or nobody:
        _preview(counted, approval=approval, as_json=as_json)
        if nobody:
            raise typer.Exit(EXIT_LEFT)
        return
    about = {each: counted[each] for each in ("campaign", "account_count", "as_of_time")}
    with context.obj.identity_admin() as identity:
        act = approvals.propose(platform, "TRANSITION_END", {**about, "basis": basis}, reason)
        made = identity.ask(act)
    if as_json:
        print_json(made)
        return
    _preview(counted, approval="", as_json=False, proposed=True)
    print_record(made, _APPROVAL, as_json=False)
    note(f"Another operator decides: xacthuc approvals grant {made['name']}")
    note(f"Then: xacthuc backfill restrict {platform} {campaign} --approval {made['name']} --yes")


def undo(
    context: typer.Context,
    platform: PlatformId,
    campaign: CampaignId,
    *,
    approval: Annotated[str, typer.Option(help="By what they were restricted, approvals/APPROVAL.")],
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Gives accounts back what an approval took, but for who is verified meanwhile."""
    from xacthuc.cli.adapters import backfill_admin_client as admin

    name = admin.campaign_name(platform, campaign)
    with context.obj.backfill_admin() as backfill:
        if yes:
            _tell(backfill.ask(admin.undo_restriction(name, approval, reason)), as_json=as_json)
            return
        found = backfill.ask(admin.get(name))["restrictions"]
    named = [each for each in found if each["approval"] == admin.approval_name(approval)]
    print_records(named, RESTRICTION, empty="The approval restricted nothing of this campaign.", as_json=as_json)
    note("Nothing was changed. To give it back: --yes")


def _preview(counted: dict[str, Any], *, approval: str, as_json: bool, proposed: bool = False) -> None:
    if as_json:
        print_json(counted)
        return
    print_record(counted, _PREVIEW, as_json=False)
    print_records(counted["groups"], _GROUPS, empty="Nobody is unverified.", as_json=False)
    if counted["groups"]:
        note(_graces(counted))
    if approval:
        note("Nothing was changed. To have done what was granted: --yes")
    elif not proposed:
        note("Nothing was changed. To propose it: --basis, --reason and --yes")


def _graces(counted: dict[str, Any]) -> str:
    """Returns how many have anything to lose."""
    if "grace_count" not in counted:
        return "How many of them have a grace that ends later, identity did not say in time."
    if not int(counted["grace_count"]):
        return "None of them has a grace that ends later: they only read already."
    others = int(counted["account_count"]) - int(counted["grace_count"])
    return (
        f"{counted['grace_count']} of them have a grace that ends later, the last one on {counted['last_grace_time']}: "
        f"that is what ends. The other {others} only read already."
    )


def _tell(restriction: dict[str, Any], *, as_json: bool) -> None:
    print_record(restriction, RESTRICTION, as_json=as_json)
    if not as_json:
        note("It goes on by itself: xacthuc backfill status tells how far it has come.")
