"""`xacthuc spend`: what platforms' messages cost today, and what they may cost."""

# ruff: noqa: PLC0415 - the contracts are imported when called, so that `xacthuc --help` stays quick

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from xacthuc.cli.options import Json, Reason
from xacthuc.cli.output import print_record, print_records

app = typer.Typer(help="Shows and caps what messages cost.", no_args_is_help=True)

_LABELS: Final = {
    "platform": "platform",
    "budget": "budget",
    "spent_today_vnd": "spent today (dong)",
    "daily_cap_vnd": "daily cap (dong)",
}
_NO_CAP: Final = "none"
_MOST_VND: Final = 1_000_000_000_000
"""The greatest cap that the contract takes."""
_AMOUNT: Final = re.compile(r"[0-9]{1,13}", re.ASCII)


class Budget(StrEnum):
    """Which messages are paid from it."""

    CODES = "codes"
    NOTICES = "notices"

    @property
    def contract_name(self) -> str:
        """Its name in the contract."""
        return "INTERACTIVE" if self is Budget.CODES else "BULK"


@app.callback()
def spend() -> None:
    """Shows and caps what messages cost, from 00:00 in Vietnam on."""


@app.command("show")
def show(context: typer.Context, *, as_json: Json = False) -> None:
    """Shows what each platform has spent today and may spend."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        spendings = otp.ask(admin.list_spending())["spendings"]
    rows = spendings if as_json else [_for_people(each) for each in spendings]
    print_records(rows, _LABELS, empty="No platform has spent anything or has a cap of its own yet.", as_json=as_json)


@app.command("cap")
def cap(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="Id of the platform.")],
    *,
    budget: Annotated[Budget, typer.Option(help="Which messages.")],
    vnd: Annotated[
        str, typer.Option(metavar="DONG", help="A day; 0 sends nothing, none lifts the cap.", show_default=False)
    ],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Caps what a platform may spend a day, from the next message on."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    call = admin.set_spend_cap(platform, budget.contract_name, _dong(vnd), reason)
    with context.obj.otp_admin() as otp:
        capped = otp.ask(call)
    print_record(capped if as_json else _for_people(capped), _LABELS, as_json=as_json)


def _dong(text: str) -> int:
    if text == _NO_CAP:
        return -1
    if not _AMOUNT.fullmatch(text) or int(text) > _MOST_VND:
        raise typer.BadParameter(
            f"{text[:20]!r} is not an amount: say whole dong such as 5000000, at most {_grouped(_MOST_VND)}, or none",
            param_hint="--vnd",
        )
    return int(text)


def _for_people(spending: Mapping[str, Any]) -> dict[str, Any]:
    spent_vnd, cap_vnd = int(spending["spent_today_vnd"]), int(spending["daily_cap_vnd"])
    return {
        **spending,
        "budget": Budget.CODES if spending["budget"] == Budget.CODES.contract_name else Budget.NOTICES,
        "spent_today_vnd": _grouped(spent_vnd),
        "daily_cap_vnd": _NO_CAP if cap_vnd < 0 else _grouped(cap_vnd),
    }


def _grouped(vnd: int) -> str:
    return f"{vnd:,}".replace(",", " ")
