"""`xacthuc backfill plan`: what a campaign will cost and how long it takes, and what to change if it comes too late."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from xacthuc.cli.backfill_reading import (
    ColumnsFile,
    Days,
    Done,
    EncodingOfText,
    Exports,
    NumberingPlan,
    PolicyFile,
    Reading,
    Start,
    batches,
    checking,
    deadline_of,
    usable,
)
from xacthuc.cli.failure import EXIT_LEFT, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from collections import Counter

    from xacthuc.backfill.adapters.plan_report import Plan
    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.domain.campaign import Campaign
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.deadline import Deadline
    from xacthuc.policy import Policy

_TOLD = {
    "begin": "first day of asking",
    "asked_accounts": "accounts to ask",
    "days_needed": "days until everybody is asked",
    "cost_vnd": "dong in all",
    "verified_by_deadline": "verified by then, as assumed",
    "cautious_last_day": "last day, cautiously",
    "last_day": "last day, by the Civil Code",
}
_PROVIDERS = {"provider": "provider", "notices": "notices", "cost_vnd": "dong"}


def plan(
    exports: Exports,
    *,
    plan_file: Annotated[
        Path, typer.Option("--plan", metavar="FILE", help="TOML that says how accounts are asked, and for how much.")
    ],
    begin: Annotated[
        str, typer.Option(metavar="DATE", help="First day on which anybody is asked; tomorrow unless given.")
    ] = "",
    start: Start = "",
    days: Days = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it: .html with plots, .csv by the day, or .json.")
    ] = None,
    event_percent: Annotated[float, typer.Option(min=0, max=100, help="Assumed to answer on your screens.")] = 10.0,
    notice_percent: Annotated[float, typer.Option(min=0, max=100, help="Assumed to answer a notice.")] = 15.0,
    wave_factor: Annotated[float, typer.Option(min=0, max=1, help="Answers of a wave by those of the last.")] = 0.6,
    undelivered_percent: Annotated[float, typer.Option(min=0, max=100, help="Notices that never arrive.")] = 5.0,
    columns: ColumnsFile = None,
    encoding: EncodingOfText = "",
    policy_file: PolicyFile = None,
    numbering_plan: NumberingPlan = None,
    as_json: Json = False,
) -> None:
    """Reads an export and reckons a campaign over it: cost, days, messages. Sends nothing, and no service has to run.

    Ends with 0 when everybody is asked before the deadline, with 4 when not: then it says what to change.
    """
    from xacthuc.backfill.adapters.plan_report import WITHOUT_NUMBER, Plan
    from xacthuc.backfill.domain.campaign import TEMPLATES
    from xacthuc.backfill.domain.crowd import Response
    from xacthuc.backfill.domain.forecast import forecast
    from xacthuc.backfill.domain.levers import changes

    if out is not None and out.suffix not in {".html", ".csv", ".json"}:
        raise CommandFailed(f"{out} is none of them", advice="End it in .html, .csv or .json.", exit_status=EXIT_USAGE)
    now = datetime.now(UTC)
    response = Response(
        event_percent=event_percent,
        notice_percent=notice_percent,
        wave_factor=wave_factor,
        undelivered_percent=undelivered_percent,
    )
    with usable():
        reading = Reading.of(policy_file, numbering_plan, columns, encoding, now)
        deadline = deadline_of(reading.policy, start, days)
        campaign = _campaign(plan_file, begin, deadline, reading.policy, now)
        classes = _counted(exports, reading, shown=not as_json)
    counts = {
        (each, each not in WITHOUT_NUMBER): count for each, count in classes.items() if each in TEMPLATES and count
    }
    if not counts:
        raise CommandFailed(
            "nobody is to be asked", advice="Every account of the export lacks nothing, or is rejected."
        )
    told = forecast(campaign, counts, response)
    late = not told.in_time(campaign.end)
    made = Plan(
        campaign=campaign,
        deadline=deadline,
        citation=_citation(reading.policy, start),
        classes=classes,
        response=response,
        forecast=told,
        changes=changes(campaign, counts, response) if late else (),
    )
    if out is not None:
        _write(out, made)
    _tell(made, as_json=as_json)
    if late:
        raise typer.Exit(EXIT_LEFT)


def _campaign(path: Path, begin: str, deadline: "Deadline", policy: "Policy", now: datetime) -> "Campaign":
    from xacthuc.backfill.adapters import campaign_files
    from xacthuc.backfill.domain.campaign import NO_CAP
    from xacthuc.datafile import DataFileError
    from xacthuc.policy import dates
    from xacthuc.policy.hours import Hours

    try:
        day = date.fromisoformat(begin) if begin else dates.local_date(now) + timedelta(days=1)
    except ValueError:
        raise typer.BadParameter("a day, such as 2026-12-01", param_hint="--begin") from None
    if day > deadline.cautious_last_day:
        raise CommandFailed(
            f"the deadline was {deadline.cautious_last_day.isoformat()}, before anybody would be asked",
            advice="Say since when the law covers the platform with --start, or an earlier day with --begin.",
            exit_status=EXIT_USAGE,
        )
    made = campaign_files.load(path, UUID(int=0), dates.start_of_day(day), deadline.cautious_end)
    if not made.hours.within(Hours.of(policy.bulk.hours)):
        raise DataFileError(f"hours: write some within {policy.bulk.hours}; nothing is sent outside them (bulk.hours)")
    # What delivery sends for a platform in a day bounds the plan as well.
    cap, most = made.budget.notices_per_day, policy.bulk.platform_per_day
    return replace(made, budget=replace(made.budget, notices_per_day=most if cap == NO_CAP else min(cap, most)))


def _counted(exports: list[str], reading: Reading, *, shown: bool) -> "Counter[AccountClass]":
    from xacthuc.backfill.adapters.exports import found
    from xacthuc.backfill.adapters.repeats import Digester

    with checking(reading.policy, Digester()) as checked:
        for number, name in enumerate(found(exports)):
            export, reader = reading.opened(name)

            def make(accounts: "Accounts", number: int = number) -> Done:
                return Done(checked.tally(number, accounts), (), (), ())

            for done in batches(export, reader, make, shown=shown):
                checked.take(done.tally)
        for _ in checked.finish():
            pass
    return checked.report.classes


def _citation(policy: "Policy", start: str) -> str:
    key = "transition.days"
    return f"{policy.sources[key].citation}{', from the day given' if start else ''}"


def _write(out: Path, made: "Plan") -> None:
    from xacthuc.backfill.adapters import plan_report

    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            if out.suffix == ".html":
                file.write(plan_report.as_page(made))
            elif out.suffix == ".csv":
                csv.writer(file).writerows(plan_report.as_rows(made))
            else:
                json.dump(plan_report.as_json(made), file, ensure_ascii=False, indent=1)
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}", exit_status=EXIT_USAGE) from None


def _tell(made: "Plan", *, as_json: bool) -> None:
    from xacthuc.backfill.adapters import plan_report

    value = plan_report.as_json(made)
    if as_json:
        print_json({**value, "advice": made.advice()})
        return
    print_record(value, _TOLD, as_json=False)
    print_records(value["providers"], _PROVIDERS, empty="", as_json=False)
    for line in (made.verdict(), *made.advice()):
        note(line)
