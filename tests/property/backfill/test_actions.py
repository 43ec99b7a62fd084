"""Whatever a campaign comes to, nobody is asked outside its hours, above its caps, out of order, or twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.backfill.domain.actions import (
    Finish,
    HoldWave,
    Notify,
    OpenWave,
    Park,
    Situation,
    Tell,
    Wait,
    next_actions,
)
from xacthuc.backfill.domain.campaign import (
    SPOTS,
    TEMPLATES,
    Budget,
    Campaign,
    CampaignState,
    Canary,
    Person,
    Provider,
    Purse,
    Step,
    Target,
    TargetState,
    Wave,
    WaveProgress,
    WaveState,
)
from xacthuc.backfill.domain.classes import OF_CHILDREN, AccountClass
from xacthuc.backfill.domain.pacing import affordable
from xacthuc.policy import DeliveryChannel, dates
from xacthuc.policy.hours import Hours

if TYPE_CHECKING:
    from xacthuc.backfill.domain.actions import Action

BEGIN = datetime(2026, 12, 1, 1, tzinfo=UTC)
PRICE = 300
HOURS = ("08:00-20:00", "09:30-11:00", "00:00-24:00")

waves = st.builds(
    Wave,
    after_days=st.sampled_from([0.0, 1.0, 3.5]),
    notice_after_days=st.sampled_from([0.0, 0.5, 2.0]),
    notice=st.booleans(),
    least_verified_percent=st.sampled_from([0.0, 20.0]),
)
budgets = st.builds(
    Budget,
    vnd_per_day=st.sampled_from([-1, 0, 300, 900, 1000]),
    vnd=st.sampled_from([-1, -1, 1500]),
    notices_per_day=st.sampled_from([-1, 2]),
    person_notices=st.integers(1, 3),
    person_gap_days=st.sampled_from([1.0, 2.5]),
)
campaigns = st.builds(
    Campaign,
    campaign_id=st.just(UUID(int=7)),
    begin=st.just(BEGIN),
    end=st.integers(3, 40).map(lambda days: BEGIN + timedelta(days=days)),
    hours=st.sampled_from(HOURS).map(Hours.of),
    ladder=st.lists(waves, min_size=1, max_size=3).map(tuple),
    canary=st.builds(
        Canary,
        percent=st.sampled_from([0.0, 30.0]),
        watch_hours=st.just(12.0),
        least=st.sampled_from([1, 3]),
        most_failed_percent=st.sampled_from([20.0, 100.0]),
    ),
    budget=budgets,
    providers=st.just((Provider(name="one", channel=DeliveryChannel.SMS, cost_vnd=PRICE, per_second=5.0),)),
)
targets = st.builds(
    Target,
    account_id=st.just(""),
    account_class=st.sampled_from(AccountClass),
    spot=st.integers(0, SPOTS - 1),
    person=st.sampled_from(["", "p", "q"]),
)
crowds = st.lists(targets, min_size=1, max_size=7).map(
    lambda crowd: [replace(each, account_id=f"u{place}") for place, each in enumerate(crowd)]
)
CAREFREE = Budget(vnd_per_day=-1, person_notices=99, person_gap_days=1.0)


class Trial:
    """Carries out what follows, as its storage would, and keeps what was done."""

    def __init__(self, campaign: Campaign, crowd: list[Target]) -> None:
        self.campaign, self.targets = campaign, {each.account_id: each for each in crowd}
        self.waves = [WaveProgress() for _ in campaign.ladder]
        self.purse, self.day = Purse(), date.min
        self.persons: dict[str, Person] = {}
        self.done: list[tuple[datetime, Tell | Notify]] = []
        self.room = 1000

    def situation(self, now: datetime) -> Situation:
        if (today := dates.local_date(now)) > self.day:
            self.day, self.purse = today, replace(self.purse, today_vnd=0, today_notices=0)
        return Situation(
            campaign=self.campaign,
            state=CampaignState.RUNNING,
            waves=self.waves,
            purse=self.purse,
            room=self.room,
            targets=list(self.targets.values()),
            persons=dict(self.persons),
        )

    def step(self, now: datetime) -> list[Action]:
        actions = next_actions(self.situation(now), now)
        for action in actions:
            match action:
                case Tell():
                    self.move(action.account_id, wave=action.wave, step=Step.EVENT, step_time=now)
                    self.done.append((now, action))
                case Notify():
                    self.move(action.account_id, step=Step.NOTICE, step_time=now)
                    self.done.append((now, action))
                    self.pay(action, now)
                case Finish():
                    self.move(action.account_id, state=TargetState.ASKED)
                case OpenWave():
                    self.waves[action.wave - 1] = replace(self.waves[action.wave - 1], state=WaveState.OPEN)
                case HoldWave():
                    self.waves[action.wave - 1] = replace(self.waves[action.wave - 1], state=WaveState.HELD)
                case Wait() | Park():
                    pass
        return actions

    def move(self, account_id: str, **changes: Any) -> None:
        self.targets[account_id] = replace(self.targets[account_id], **changes)

    def pay(self, action: Notify, now: datetime) -> None:
        person, purse, vnd = self.targets[action.account_id].person, self.purse, action.reserve_vnd
        sent = self.persons.get(person, Person()).notices
        self.persons[person] = Person(notices=sent + 1, last_time=now)
        self.purse = Purse(today_vnd=purse.today_vnd + vnd, vnd=purse.vnd + vnd, today_notices=purse.today_notices + 1)


figures = st.builds(
    WaveProgress,
    ripe=st.integers(0, 5),
    verified=st.integers(0, 2),
    ended=st.integers(0, 5),
    failed=st.integers(0, 2),
    canary_left=st.integers(0, 2),
)
gaps = st.sampled_from([0.0, 0.4, 7.0, 13.0, 26.0]).map(lambda hours: timedelta(hours=hours))


@settings(max_examples=60)
@given(campaign=campaigns, crowd=crowds, data=st.data())
def test_nothing_is_done_against_the_rules_of_a_campaign(
    campaign: Campaign, crowd: list[Target], data: st.DataObject
) -> None:
    trial, now = Trial(campaign, crowd), BEGIN - timedelta(hours=1)
    for gap in data.draw(st.lists(gaps, min_size=5, max_size=60)):
        now += gap
        trial.room = data.draw(st.sampled_from([0, 1, 1000]))
        seen = data.draw(figures)
        before = [replace(seen, state=progress.state) for progress in trial.waves]
        trial.waves = list(before)
        held = {number for number, each in enumerate(before, start=1) if each.state is WaveState.HELD}
        actions = trial.step(now)
        shut = {number for number, each in enumerate(trial.waves, start=1) if each.state is not WaveState.OPEN}
        sent = [each for each in actions if isinstance(each, Notify)]
        assert len(sent) <= trial.room
        for each in actions:
            if isinstance(each, Tell | Notify):
                assert campaign.hours.opening(now) == now
                assert campaign.begin <= now < campaign.end
                assert each.wave not in held
                assert each.wave not in shut or campaign.is_canary(trial.targets[each.account_id])
            if isinstance(each, Wait):
                assert each.until > now
                assert campaign.hours.opening(each.until) == each.until
    check(trial)


def check(trial: Trial) -> None:
    """What holds of everything that was done, whenever it was."""
    budget, done = trial.campaign.budget, trial.done
    notices = [(now, each) for now, each in done if isinstance(each, Notify)]
    for cap, unit in ((budget.vnd_per_day, PRICE), (budget.notices_per_day, 1)):
        days = Counter(dates.local_date(now) for now, _ in notices)
        assert cap == -1 or all(count * unit <= cap for count in days.values())
    assert budget.vnd == -1 or len(notices) * PRICE <= budget.vnd
    times: dict[str, list[datetime]] = {}
    for now, each in notices:
        times.setdefault(trial.targets[each.account_id].person, []).append(now)
    assert "" not in times
    for sent in times.values():
        assert len(sent) <= budget.person_notices
        assert all(b - a >= timedelta(days=budget.person_gap_days) for a, b in pairwise(sent))
    for account_id, target in trial.targets.items():
        steps = [(each.wave, isinstance(each, Notify)) for _, each in done if each.account_id == account_id]
        assert steps == sorted(set(steps))
        assert {wave for wave, notice in steps if notice} <= {wave for wave, notice in steps if not notice}
        assert [wave for wave, notice in steps if not notice] == list(range(1, target.wave + 1))
        assert not steps or target.account_class in TEMPLATES
        assert target.account_class not in OF_CHILDREN or not any(notice for _, notice in steps)


def unheld(campaign: Campaign, **changes: Any) -> Campaign:
    """The same campaign, of which no wave is ever held."""
    canary = replace(campaign.canary, most_failed_percent=100.0)
    ladder = tuple(replace(wave, least_verified_percent=0.0) for wave in campaign.ladder)
    return replace(campaign, canary=canary, ladder=ladder, **changes)


@settings(max_examples=50)
@given(campaign=campaigns, crowd=crowds)
def test_no_cap_is_exceeded_by_a_campaign_that_nothing_else_holds_up(campaign: Campaign, crowd: list[Target]) -> None:
    trial = Trial(unheld(campaign), crowd)
    for step in range(100):
        trial.step(BEGIN + timedelta(hours=5 * step))
    check(trial)


@settings(max_examples=40)
@given(campaign=campaigns, crowd=crowds)
def test_everybody_is_asked_by_every_wave_while_nothing_bounds_it(campaign: Campaign, crowd: list[Target]) -> None:
    free = unheld(campaign, end=BEGIN + timedelta(days=200), budget=CAREFREE)
    trial = Trial(free, crowd)
    for hour in range(100 * 24):
        trial.step(BEGIN + timedelta(hours=hour))
        if all(each.state is TargetState.ASKED for each in trial.targets.values()):
            break
    check(trial)
    for target in trial.targets.values():
        assert target.state is TargetState.ASKED
        asked = target.account_class in TEMPLATES
        assert target.wave == (len(free.ladder) if asked else 0)
        notices = [each for _, each in trial.done if isinstance(each, Notify) and each.account_id == target.account_id]
        sent = asked and target.person and target.account_class not in OF_CHILDREN
        rungs = sum(wave.notice for wave in free.ladder) if sent else 0
        assert len(notices) == rungs


@settings(max_examples=30)
@given(campaign=campaigns, crowd=crowds, hours=st.integers(0, 200))
def test_the_same_situation_leads_to_the_same_actions_with_the_same_ids(
    campaign: Campaign, crowd: list[Target], hours: int
) -> None:
    now = BEGIN + timedelta(hours=hours)
    situation = Trial(campaign, crowd).situation(now)
    actions = next_actions(situation, now)
    assert next_actions(situation, now) == actions
    ids = [each.request_id for each in actions if isinstance(each, Tell | Notify)]
    assert len(ids) == len(set(ids))


@settings(max_examples=20)
@given(campaign=campaigns, crowd=crowds, state=st.sampled_from(CampaignState))
def test_only_a_running_campaign_does_anything(campaign: Campaign, crowd: list[Target], state: CampaignState) -> None:
    situation = replace(Trial(campaign, crowd).situation(BEGIN), state=state)
    runs = state is CampaignState.RUNNING
    assert bool(next_actions(situation, BEGIN + timedelta(hours=2))) is runs


@settings(max_examples=20)
@given(campaign=campaigns, crowd=crowds, days=st.integers(0, 10))
def test_nobody_is_asked_after_the_term(campaign: Campaign, crowd: list[Target], days: int) -> None:
    now = campaign.end + timedelta(days=days)
    actions = next_actions(Trial(campaign, crowd).situation(now), now)
    assert actions == [Finish(each.account_id) for each in crowd]


@given(budget=budgets, vnd=st.integers(0, 2000), count=st.integers(0, 4))
def test_what_is_affordable_is_the_most_that_keeps_every_cap(budget: Budget, vnd: int, count: int) -> None:
    most = affordable(budget, Purse(today_vnd=vnd, vnd=vnd, today_notices=count), PRICE)
    caps = ((budget.vnd_per_day, vnd, PRICE), (budget.vnd, vnd, PRICE), (budget.notices_per_day, count, 1))
    fits = [cap == -1 or (cap > 0 and spent + most * unit <= cap) for cap, spent, unit in caps if most]
    assert all(fits)
    if most is not None:
        assert any(cap != -1 and spent + (most + 1) * unit > cap for cap, spent, unit in caps)
