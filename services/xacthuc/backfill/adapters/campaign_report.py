"""What a campaign came to: one value that balances, a page with plots, and a table by the day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from xacthuc.backfill.adapters.page import Table, number, page
from xacthuc.backfill.adapters.plots import stacked
from xacthuc.backfill.domain.campaign import CampaignState, TargetState, WaveState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.policy import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.backfill.domain.importing import Totals

_LACKED: Final[Mapping[str, str]] = {
    AccountClass.VERIFIED: "nothing",
    AccountClass.NEEDS_DETAILS: "a name or a birth date",
    AccountClass.NEEDS_PHONE: "a code to its number",
    AccountClass.NEEDS_PERSONAL_ID: "a confirmed personal ID",
    AccountClass.NEEDS_GUARDIAN: "a parent or guardian",
    AccountClass.MUST_NOT_SELL: "a guardian, and an end of selling",
    AccountClass.UNREACHABLE: "a number to be asked at",
    AccountClass.DUPLICATE: "nothing",
}
_STANDS: Final[Mapping[str, str]] = {
    TargetState.OPEN: "still being asked",
    TargetState.VERIFIED: "lacks nothing any more",
    TargetState.GONE: "closed, locked or deleted",
    TargetState.ASKED: "asked in vain",
    TargetState.RESTRICTED: "may only read",
}
_WAVES: Final[Mapping[str, str]] = {
    WaveState.CANARY: "its canary alone",
    WaveState.OPEN: "open",
    WaveState.HELD: "held",
    "FEW_VERIFIED": "held: too few verified",
    "UNDELIVERED": "held: too many failed",
}
_CAMPAIGNS: Final[Mapping[str, str]] = {
    CampaignState.PREPARED: "not begun",
    CampaignState.RUNNING: "running",
    CampaignState.PAUSED: "paused",
    CampaignState.KILLED: "ended by an operator",
    CampaignState.ENDED: "over",
}
_FOUND: Final[Mapping[str, str]] = {"READING": "when it was read", "IDENTITY": "by identity"}
"""What the page says in place of names that are for programs; one that it does not know stands as it is."""


def report_of(figures: Mapping[str, Any], totals: Totals | None, now: datetime) -> dict[str, Any]:
    """Returns what the service counts, and what became of the rows of the export; whole numbers and texts alone."""
    standings = [
        {"lacked": each["account_class"], "stands": each["state"], "accounts": int(each["account_count"])}
        for each in figures["standings"]
    ]
    accounts, erased = int(figures["account_count"]), int(figures["erased_count"])
    report: dict[str, Any] = {
        "campaign": figures["campaign"]["name"],
        "state": figures["campaign"]["state"],
        "report_time": now.isoformat(timespec="seconds"),
        "deadline_time": figures["campaign"]["plan"]["end_time"],
        "accounts": accounts,
        "erased": erased,
        "standings": standings,
        "waves": [
            {"wave": int(each["wave"]), "state": each["state"], "held_because": each["hold_reason"]}
            | {name: int(each[f"{name}_count"]) for name in ("event", "notice", "delivered", "failed", "verified")}
            for each in figures["waves"]
        ],
        "providers": [
            {"provider": each["provider"], "cost_vnd": int(each["cost_vnd"])}
            | {name: int(each[f"{name}_count"]) for name in ("notice", "delivered", "failed")}
            for each in figures["providers"]
        ],
        "days": [
            {
                "day": each["day"],
                "notices": int(each["notice_count"]),
                "cost_vnd": int(each["cost_vnd"]),
                "verified": int(each["verified_count"]),
            }
            for each in figures["days"]
        ],
        "accounts_balance": accounts == erased + sum(each["accounts"] for each in standings),
    }
    if totals is not None:
        report["rows"] = {
            "rows": totals.rows,
            "accepted": totals.accepted,
            "repeated": totals.repeated,
            "rejected": totals.rejected,
            "not_answered": totals.left,
        }
        report["reasons"] = [
            {"found_by": who, "field": field, "reason": reason, "rows": count}
            for who, field, reason, count in totals.reasons
        ]
        report["rows_balance"] = totals.left == 0 and totals.balances
    return report


def balances(report: Mapping[str, Any]) -> bool:
    """Whether every account, and every row of the export, is accounted for."""
    return bool(report["accounts_balance"] and report.get("rows_balance", True))


def verdict(report: Mapping[str, Any]) -> str:
    """Returns the one sentence that matters."""
    if not balances(report):
        return "The counts do not balance: something is not accounted for."
    lawful = sum(each["accounts"] for each in report["standings"] if each["stands"] == "VERIFIED")
    return (
        f"{number(lawful)} of {number(report['accounts'])} accounts lack nothing any more; every one is accounted for."
    )


def as_rows(report: Mapping[str, Any]) -> list[list[str | int]]:
    """Returns a row for each day on which anything was paid or anybody came to lack nothing, below headings.

    The last column is how many lacked nothing by the end of the day, of those who lack nothing today.
    """
    reached = accumulate(each["verified"] for each in report["days"])
    return [
        ["day", "notices", "cost_vnd", "verified", "verified_so_far"],
        *(
            [each["day"], each["notices"], each["cost_vnd"], each["verified"], so_far]
            for each, so_far in zip(report["days"], reached, strict=True)
        ),
    ]


def as_reasons(report: Mapping[str, Any]) -> list[list[str | int]]:
    """Returns a row for each reason why rows of the export are no accounts of their own, below headings."""
    names = ("found_by", "field", "reason", "rows")
    return [[*names], *([each[name] for name in names] for each in report.get("reasons", ()))]


def as_page(report: Mapping[str, Any]) -> str:
    """Returns a page with a plot."""
    stands = Counter[str]()
    for each in report["standings"]:
        stands[each["stands"]] += each["accounts"]
    days = [date.fromisoformat(each["day"]) for each in report["days"]]
    deadline = dates.local_date(datetime.fromisoformat(report["deadline_time"]) - timedelta(seconds=1))
    parts: list[Table | str] = [*_plots(report, days, deadline), *_tables(report, stands)]
    counted = datetime.fromisoformat(report["report_time"]).astimezone(dates.VIETNAM_TIME)
    foot = (
        f"{report['campaign']}: {_word(_CAMPAIGNS, report['state'])}, as counted at {counted:%H:%M on %d/%m/%Y}. "
        f"Its last day is {deadline:%d/%m/%Y}. Days and times are those of Vietnam."
    )
    return page("The backfill", verdict(report), parts, good=balances(report), foot=foot)


def _plots(report: Mapping[str, Any], days: Sequence[date], deadline: date) -> list[str]:
    """Draws coverage and notices from the first day on which anything happened to the last."""
    if not days:
        return []
    spread = [days[0] + timedelta(days=at) for at in range((days[-1] - days[0]).days + 1)]
    on = dict(zip(days, report["days"], strict=True))
    sent, verified = ([on[day][name] if day in on else 0 for day in spread] for name in ("notices", "verified"))
    reached = list(accumulate(verified))
    rest = [report["accounts"] - so_far for so_far in reached]
    return [
        stacked(
            spread,
            [("lack nothing any more", "verified", reached), ("all others", "open", rest)],
            title="Accounts that lack nothing any more, day by day",
            mark=deadline,
        ),
        stacked(spread, [("notices", "first", sent)], title="Notices a day", mark=deadline),
    ]


def _tables(report: Mapping[str, Any], stands: Mapping[str, int]) -> list[Table]:
    standing: list[list[str | int]] = [[_word(_STANDS, state), count] for state, count in stands.items()]
    tables = [
        Table(
            title="Where its accounts stand",
            headings=("", "Accounts"),
            rows=[*standing, ["erased since", report["erased"]], ["Together", report["accounts"]]],
            total=True,
        ),
        Table(
            title="By what they lacked",
            headings=("Lacked", "Stands", "Accounts"),
            rows=[
                [_word(_LACKED, each["lacked"]), _word(_STANDS, each["stands"]), each["accounts"]]
                for each in report["standings"]
            ],
        ),
        Table(
            title="Waves",
            headings=("Wave", "State", "Told", "Notices", "Arrived", "Failed", "Verified"),
            rows=[
                [
                    str(each["wave"]),
                    _word(_WAVES, each["held_because"] or each["state"]),
                    each["event"],
                    each["notice"],
                    each["delivered"],
                    each["failed"],
                    each["verified"],
                ]
                for each in report["waves"]
            ],
        ),
        Table(
            title="Who carried notices",
            headings=("Provider", "Notices", "Arrived", "Failed", "Dong"),
            rows=[
                [
                    each["provider"] or "nobody yet, or not heard of",
                    *(each[name] for name in ("notice", "delivered", "failed", "cost_vnd")),
                ]
                for each in report["providers"]
            ],
        ),
        Table(
            title="What it cost",
            headings=("", "Notices", "Dong"),
            rows=[["All days", *_totals(report["days"])]],
        ),
    ]
    if (rows := report.get("rows")) is not None:
        names = ("accepted", "repeated", "rejected", "not_answered")
        parts: list[list[str | int]] = [[name.replace("_", " "), rows[name]] for name in names]
        tables[:0] = [
            Table(
                title="Rows of the export", headings=("", "Rows"), rows=[*parts, ["Together", rows["rows"]]], total=True
            ),
            *_reasons(report, rows),
        ]
    return tables


def _reasons(report: Mapping[str, Any], rows: Mapping[str, int]) -> list[Table]:
    if not report["reasons"]:
        return []
    told: list[list[str | int]] = [
        [each["field"] or "the row", each["reason"], _FOUND[each["found_by"]], each["rows"]]
        for each in report["reasons"]
    ]
    return [
        Table(
            title="Why rows were rejected or repeated",
            headings=("Field", "Reason", "Found", "Rows"),
            rows=[*told, ["Together", "", "", rows["rejected"] + rows["repeated"]]],
            total=True,
        )
    ]


def _word(words: Mapping[str, str], name: str) -> str:
    return words.get(name, name)


def _totals(days: Sequence[Mapping[str, int]]) -> list[int]:
    return [sum(each[name] for each in days) for name in ("notices", "cost_vnd")]
