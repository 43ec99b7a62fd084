"""What a campaign will come to, for people as a page, for a spreadsheet by the day, for programs as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from xacthuc.backfill.adapters.page import Table, number, page
from xacthuc.backfill.adapters.plots import stacked
from xacthuc.backfill.domain.classes import OF_CHILDREN, AccountClass
from xacthuc.backfill.domain.levers import Lever
from xacthuc.policy import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from xacthuc.backfill.domain.campaign import Campaign
    from xacthuc.backfill.domain.crowd import Response
    from xacthuc.backfill.domain.deadline import Deadline
    from xacthuc.backfill.domain.forecast import Forecast
    from xacthuc.backfill.domain.levers import Change

WITHOUT_NUMBER: Final = OF_CHILDREN | {AccountClass.UNREACHABLE}
"""Whom no notice goes to."""
_STYLES: Final = ("first", "second", "third")
_SAYS: Final = {
    Lever.VND_PER_DAY: "raise the day's budget from {now} to {needed} dong",
    Lever.NOTICES_PER_DAY: "allow {needed} notices a day instead of {now}",
    Lever.PACE: "have the providers carry {needed} notices a second together instead of {now}",
    Lever.BEGIN: "begin {needed} days earlier",
    Lever.WAVES: "ask in the first {needed} of the {now} waves alone",
    Lever.EVERYTHING: "allow {needed} notices a day, with a budget and a pace to match: none of them alone is enough",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A forecast, and all that it rests on."""

    campaign: Campaign
    deadline: Deadline
    citation: str
    """Of the law that sets the deadline."""
    classes: Mapping[AccountClass, int]
    response: Response
    forecast: Forecast
    changes: Sequence[Change]

    @property
    def met(self) -> bool:
        """Whether everybody is asked in time."""
        return self.forecast.in_time(self.campaign.end)

    @property
    def begin_day(self) -> date:
        """The first day on which anybody is asked."""
        return dates.local_date(self.campaign.begin)

    def verdict(self) -> str:
        """Returns the one sentence that matters."""
        last = self.deadline.cautious_last_day
        if self.forecast.held:
            held = ", ".join(map(str, self.forecast.held))
            return f"Nobody can say when everybody is asked: wave {held} would be held, since fewer answer than it demands."
        day = dates.local_date(self.forecast.finish) if self.forecast.finish else None
        if day is None:
            return f"Not everybody is asked by {last:%d/%m/%Y}, nor within two years."
        spare = (last - day).days
        if self.met:
            return f"Everybody is asked by {day:%d/%m/%Y}, {spare} days before the deadline of {last:%d/%m/%Y}."
        return f"The deadline of {last:%d/%m/%Y} is missed by {-spare} days: everybody is asked by {day:%d/%m/%Y}."

    def advice(self) -> list[str]:
        """Returns by what the deadline would be met, each for itself."""
        if self.met:
            return []
        says = [
            _SAYS[each.lever].format(now=number(round(each.now)), needed=number(round(each.needed)))
            for each in self.changes
        ]
        return [f"To meet it, {each}." for each in says] or [
            "Nothing that can be computed meets it: ask for less, or for longer."
        ]


def as_json(plan: Plan) -> dict[str, Any]:
    """Returns all of it as one value of JSON."""
    told, deadline = plan.forecast, plan.deadline
    return {
        "deadline_met": plan.met,
        "verdict": plan.verdict(),
        "changes": [
            {"lever": each.lever, "now": each.now, "needed": each.needed} for each in ([] if plan.met else plan.changes)
        ],
        "begin": plan.begin_day.isoformat(),
        "finish_time": _iso(told.finish),
        "days_needed": len(told.days) if told.finish else None,
        "start": deadline.start.isoformat(),
        "cautious_last_day": deadline.cautious_last_day.isoformat(),
        "last_day": deadline.last_day.isoformat(),
        "citation": plan.citation,
        "classes": dict(plan.classes),
        "asked_accounts": told.accounts,
        "verified_by_deadline": told.verified_by(deadline.cautious_last_day),
        "verified": told.verified,
        "cost_vnd": told.vnd,
        "providers": [
            {"provider": name, "notices": told.notices[name], "cost_vnd": vnd}
            for name, vnd in told.vnd_by_provider.items()
        ],
        "assumed": {
            "event_percent": plan.response.event_percent,
            "notice_percent": plan.response.notice_percent,
            "wave_factor": plan.response.wave_factor,
            "undelivered_percent": plan.response.undelivered_percent,
        },
    }


def as_rows(plan: Plan) -> list[list[str | int]]:
    """Returns a row for each day, below headings."""
    providers = list(plan.forecast.notices)
    headings = (
        "day",
        "told",
        *(f"notices_{name}" for name in providers),
        "cost_vnd",
        "verified",
        "asked_in_vain",
        "open",
    )
    rows: list[list[str | int]] = [list(headings)]
    for each in plan.forecast.days:
        notices = (each.notices[name] for name in providers)
        rows.append([each.day.isoformat(), each.told, *notices, each.vnd, each.verified, each.asked, each.open])
    return rows


def as_page(plan: Plan) -> str:
    """Returns a page with plots."""
    told, deadline = plan.forecast, plan.deadline
    days, last = [each.day for each in told.days], deadline.cautious_last_day
    coverage = stacked(
        days,
        [
            ("verified", "verified", [each.verified for each in told.days]),
            ("asked in every wave, without an answer", "asked", [each.asked for each in told.days]),
            ("still being asked", "open", [each.open for each in told.days]),
        ],
        title="Accounts, day by day",
        mark=last,
    )
    notices = stacked(
        days,
        [
            (name, _STYLES[at % len(_STYLES)], [each.notices[name] for each in told.days])
            for at, name in enumerate(told.notices)
        ],
        title="Notices a day, by provider",
        mark=last,
    )
    advice = [Table(title="What would meet it, each for itself", headings=(), rows=[[each] for each in plan.advice()])]
    parts: list[Table | str] = [*(advice if not plan.met else []), coverage, notices, *_tables(plan)]
    assumed = plan.response
    foot = (
        f"Assumed: {assumed.event_percent:g} % answer on the platform's screens and {assumed.notice_percent:g} % a notice in the "
        f"first wave, each later wave has {assumed.wave_factor:g} times the answers of the one before, and "
        f"{assumed.undelivered_percent:g} % of notices do not arrive. Watch the first wave, and plan again by what it shows. "
        f"Days are those of Vietnam. Who is unverified when the deadline is over may only read."
    )
    return page("The backfill, as planned", plan.verdict(), parts, good=plan.met, foot=foot)


def _tables(plan: Plan) -> list[Table]:
    told, deadline = plan.forecast, plan.deadline
    carried: list[list[str | int]] = [[name, told.notices[name], vnd] for name, vnd in told.vnd_by_provider.items()]
    classes: list[list[str | int]] = [[name, count] for name, count in plan.classes.items() if count]
    asked = told.accounts
    by_then = told.verified_by(deadline.cautious_last_day)
    return [
        Table(
            title="What it costs",
            headings=("Provider", "Notices", "Dong"),
            rows=[*carried, ["Together", sum(told.notices.values()), told.vnd]],
            total=True,
        ),
        Table(
            title="The deadline",
            headings=(),
            rows=[
                ["The law covers the platform since", f"{deadline.start:%d/%m/%Y}"],
                ["Last day, counted cautiously: planned for", f"{deadline.cautious_last_day:%d/%m/%Y}"],
                ["Last day by the Civil Code, Art. 147 and 148", f"{deadline.last_day:%d/%m/%Y}"],
                ["Set by", plan.citation],
                ["First day of asking", f"{plan.begin_day:%d/%m/%Y}"],
            ],
        ),
        Table(
            title="Where accounts stand when the deadline is over",
            headings=("", "Accounts"),
            rows=[
                ["Verified, as assumed", by_then],
                ["May only read, until verified", asked - by_then],
                ["Asked in all", asked],
            ],
            total=True,
        ),
        Table(
            title="What accounts lack",
            headings=("Class", "Accounts"),
            rows=[*classes, ["Together", sum(plan.classes.values())]],
            total=True,
        ),
    ]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
