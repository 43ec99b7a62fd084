"""A campaign of two million accounts over ninety days, by the rules alone: what holds in every hour of it.

Two providers, a budget, quiet hours, a provider that is away for two days, and a canary that fails.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from xacthuc.backfill.domain.campaign import (
    Budget,
    Campaign,
    Canary,
    HoldReason,
    Provider,
    Step,
    TargetState,
    Wave,
    WaveState,
)
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.crowd import Response
from xacthuc.backfill.domain.deadline import Deadline
from xacthuc.backfill.domain.forecast import forecast
from xacthuc.backfill.domain.levers import Lever, changes
from xacthuc.backfill.domain.simulation import Failure, Outage, Simulation
from xacthuc.policy import DeliveryChannel, Policy, dates
from xacthuc.policy.hours import Hours

if TYPE_CHECKING:
    from xacthuc.backfill.domain.simulation import Hour

LAW_SINCE = date(2026, 11, 30)
TERM = Deadline.of(Policy.load(), LAW_SINCE, 90)
BEGIN = dates.start_of_day(date(2026, 12, 1))
ZNS = Provider(name="zns", channel=DeliveryChannel.ZALO_ZNS, cost_vnd=300, per_second=4.0)
SMS = Provider(name="sms", channel=DeliveryChannel.SMS, cost_vnd=800, per_second=3.0, weight=50)
CAMPAIGN = Campaign(
    campaign_id=UUID(int=8),
    begin=BEGIN,
    end=TERM.cautious_end,
    hours=Hours.of("08:00-20:00"),
    ladder=(
        Wave(after_days=0.0, least_verified_percent=2.0),
        Wave(after_days=7.0, least_verified_percent=1.0),
        Wave(after_days=14.0, least_verified_percent=0.5),
    ),
    canary=Canary(percent=1.0, watch_hours=24.0, least=500, most_failed_percent=20.0),
    budget=Budget(vnd_per_day=40_000_000, notices_per_day=100_000, person_notices=4, person_gap_days=5.0),
    providers=(ZNS, SMS),
)
ACCOUNTS = {
    (AccountClass.NEEDS_PHONE, True): 1_500_000,
    (AccountClass.NEEDS_GUARDIAN, True): 200_000,
    (AccountClass.NEEDS_DETAILS, True): 50_000,
    (AccountClass.NEEDS_PERSONAL_ID, True): 30_000,
    (AccountClass.NEEDS_PERSONAL_ID, False): 20_000,
    (AccountClass.UNREACHABLE, False): 200_000,
    (AccountClass.VERIFIED, True): 100_000,
}
ASKED = 2_000_000
RESPONSE = Response(event_percent=10.0, notice_percent=20.0, wave_factor=0.6, undelivered_percent=4.0)
OUTAGE = Outage(
    provider="zns",
    first=datetime(2026, 12, 20, tzinfo=UTC),
    until=datetime(2026, 12, 22, tzinfo=UTC),
)
FAILURE = Failure(first=BEGIN, until=BEGIN + timedelta(days=5))
"""Long enough for the canary of the first wave to be judged by."""


class Checked:
    """Holds every hour against the rules, from what was done and not from what the simulation keeps."""

    def __init__(self) -> None:
        self.spent, self.sent, self.day = 0, 0, date.min
        self.notices: Counter[str] = Counter()
        self.told: Counter[int] = Counter()
        self.open: set[int] = set()
        self.last = TargetState.OPEN, 0

    def add(self, hour: Hour) -> None:
        if (today := dates.local_date(hour.time)) != self.day:
            self.day, self.spent, self.sent = today, 0, 0
        notices = [act for act in hour.acts if act.step is Step.NOTICE]
        assert not hour.acts or CAMPAIGN.hours.opening(hour.time) == hour.time
        assert sum(hour.states.values()) == ASKED
        self.bounded(hour, sum(act.count for act in notices))
        for act in hour.acts:
            assert act.canary or hour.waves[act.wave - 1] is WaveState.OPEN
            assert hour.waves[act.wave - 1] is not WaveState.HELD
            self.told[act.wave] += act.count if act.step is Step.EVENT else 0
        for act in notices:
            assert act.before.notices < CAMPAIGN.budget.person_notices
            assert act.account_class is not AccountClass.UNREACHABLE
            gap = timedelta(days=CAMPAIGN.budget.person_gap_days)
            assert act.before.last_time is None or hour.time - act.before.last_time >= gap

    def bounded(self, hour: Hour, count: int) -> None:
        assert sum(hour.carried.values()) == count
        for provider in CAMPAIGN.providers:
            assert hour.carried.get(provider.name, 0) <= provider.per_second * 3600
        if OUTAGE.first <= hour.time < OUTAGE.until:
            assert hour.carried.get(OUTAGE.provider, 0) == 0
        self.spent += sum(each.cost_vnd * hour.carried.get(each.name, 0) for each in CAMPAIGN.providers)
        self.sent += count
        assert self.spent <= CAMPAIGN.budget.vnd_per_day
        assert self.sent <= CAMPAIGN.budget.notices_per_day
        assert hour.purse.today_vnd == self.spent
        self.notices.update(hour.carried)


@pytest.mark.rule("R8")
@pytest.mark.rule("R9")
def test_every_hour_of_ninety_days_keeps_the_rules_and_the_term_is_met() -> None:
    held, last, checked = list[tuple[int, HoldReason]](), None, Checked()
    for hour in Simulation(CAMPAIGN, ACCOUNTS, RESPONSE, outages=[OUTAGE], failures=[FAILURE]).hours():
        checked.add(hour)
        held += hour.held
        if FAILURE.first <= hour.time < FAILURE.until:
            assert checked.told[1] <= ASKED // 100, "only the canary meets what fails"
        last = hour

    assert held == [(1, HoldReason.UNDELIVERED)]
    assert last is not None
    assert last.time < CAMPAIGN.end
    assert last.states[TargetState.OPEN] == 0
    assert checked.told[1] == ASKED
    assert min(checked.notices.values()) > 100_000


@pytest.mark.rule("R9")
def test_a_term_that_cannot_be_met_is_told_before_with_what_would_meet_it() -> None:
    poor = replace(
        CAMPAIGN,
        end=TERM.cautious_end - timedelta(days=50),
        ladder=CAMPAIGN.ladder[:2],
        budget=replace(CAMPAIGN.budget, vnd_per_day=10_000_000),
    )
    told = forecast(poor, ACCOUNTS, RESPONSE)
    last = list(Simulation(poor, ACCOUNTS, RESPONSE).hours())[-1]

    assert not told.in_time(poor.end)
    assert last.states[TargetState.OPEN] > 0
    assert told.verified_by(TERM.cautious_last_day - timedelta(days=50)) == last.states[TargetState.VERIFIED]
    needed = {change.lever: change.needed for change in changes(poor, ACCOUNTS, RESPONSE)}
    richer = replace(poor, budget=replace(poor.budget, vnd_per_day=int(needed[Lever.VND_PER_DAY])))
    assert forecast(richer, ACCOUNTS, RESPONSE).in_time(poor.end)
    barely = replace(poor, budget=replace(poor.budget, vnd_per_day=int(needed[Lever.VND_PER_DAY] * 0.9)))
    assert not forecast(barely, ACCOUNTS, RESPONSE).in_time(poor.end)
    earlier = replace(poor, begin=poor.begin - timedelta(days=needed[Lever.BEGIN]))
    assert forecast(earlier, ACCOUNTS, RESPONSE).in_time(poor.end)
    assert Lever.PACE not in needed, "it is the money that is short"
    assert Lever.NOTICES_PER_DAY not in needed


def test_a_forecast_is_what_the_simulation_does() -> None:
    told = forecast(CAMPAIGN, ACCOUNTS, RESPONSE)
    hours = list(Simulation(CAMPAIGN, ACCOUNTS, RESPONSE).hours())

    assert told.accounts == ASKED
    assert told.in_time(CAMPAIGN.end)
    assert told.notices == {name: sum(hour.carried.get(name, 0) for hour in hours) for name in ("zns", "sms")}
    assert told.vnd == hours[-1].purse.vnd == sum(told.vnd_by_provider.values())
    assert told.verified == hours[-1].states[TargetState.VERIFIED]
    assert told.finish == max(hour.time for hour in hours if hour.acts)
    assert told.held == ()


def test_waves_that_too_few_answer_are_told_to_be_held() -> None:
    told = forecast(CAMPAIGN, ACCOUNTS, replace(RESPONSE, event_percent=0.5, notice_percent=0.5))

    assert 1 in told.held
    assert told.finish is None
