"""What is done next about the accounts of a campaign: `next_actions(situation, now)`. Pure.

Whoever carries it out first makes sure that the actions are still what follows, then acts, then writes down what was
done; a crash in between repeats an action under the id that it had.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.backfill.domain.campaign import (
    NO_CAP,
    TEMPLATES,
    CampaignState,
    HoldReason,
    Person,
    Step,
    TargetState,
    WaveState,
)
from xacthuc.backfill.domain.canary import verdict
from xacthuc.backfill.domain.classes import OF_CHILDREN
from xacthuc.backfill.domain.pacing import affordable
from xacthuc.policy import dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from xacthuc.backfill.domain.campaign import Campaign, Purse, Target, WaveProgress

_ROOM_AGAIN = timedelta(minutes=1)


class Tell(NamedTuple):
    """The platform is told to ask an account: the event of a wave. The account enters the wave."""

    account_id: str
    wave: int
    request_id: UUID


class Notify(NamedTuple):
    """A notice is sent to an account's number."""

    account_id: str
    wave: int
    request_id: UUID
    template: str
    reserve_vnd: int
    """What is set aside for it."""


class Wait(NamedTuple):
    """Nothing is done before `until`."""

    account_id: str
    until: datetime


class Park(NamedTuple):
    """Nothing is done before the wave is open."""

    account_id: str
    wave: int


class Finish(NamedTuple):
    """The account is asked nothing more."""

    account_id: str


class OpenWave(NamedTuple):
    """Everybody may enter the wave, and who was parked before it is looked at again."""

    wave: int


class HoldWave(NamedTuple):
    """Nobody enters the wave, and its notices stay, until a person resumes it."""

    wave: int
    reason: HoldReason


Action = Tell | Notify | Wait | Park | Finish | OpenWave | HoldWave


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the next actions depend on, beside the time."""

    campaign: Campaign
    state: CampaignState
    waves: Sequence[WaveProgress]
    """One of each wave of the ladder."""
    purse: Purse
    room: int
    """Notices that the providers' pace leaves; `pacing.room` counts them."""
    targets: Sequence[Target]
    """The accounts to look at, some at a time, each once; who waits longest first."""
    persons: Mapping[str, Person] = field(default_factory=dict)
    """Who holds the targets' numbers; who is not there was sent nothing."""


class Ready(NamedTuple):
    """A step that may be done now, as far as ladder, canary and person are concerned."""

    wave: int
    step: Step


def next_actions(situation: Situation, now: datetime) -> list[Action]:
    """Returns what to do now: waves first, then one action for each target that is OPEN, in their order."""
    campaign = situation.campaign
    if situation.state is not CampaignState.RUNNING or now < campaign.begin:
        return []
    targets = [target for target in situation.targets if target.state is TargetState.OPEN]
    if now >= campaign.end:
        return [Finish(target.account_id) for target in targets]
    moved = list(_moved(situation))
    states = [progress.state for progress in situation.waves]
    for move in moved:
        states[move.wave - 1] = WaveState.OPEN if isinstance(move, OpenWave) else WaveState.HELD
    desk = _Desk(situation, now)
    return [*moved, *(desk.action(target, tuple(states)) for target in targets)]


def _moved(situation: Situation) -> Iterator[OpenWave | HoldWave]:
    campaign = situation.campaign
    for number, (progress, wave) in enumerate(zip(situation.waves, campaign.ladder, strict=True), start=1):
        found = verdict(progress, wave, campaign.canary)
        if isinstance(found, HoldReason):
            yield HoldWave(number, found)
        elif found is not progress.state:
            yield OpenWave(number)


def due(
    campaign: Campaign,
    target: Target,
    person: Person,
    states: Sequence[WaveState],
    now: datetime,
    *,
    funded: bool,
) -> Ready | datetime | int | None:
    """Returns what the ladder says of an account: a step, when to look again, which wave to wait for, or None for done.

    Without `funded` there is no money left for any notice; events cost nothing and go on.
    """
    if target.account_class not in TEMPLATES:
        return None
    notice = _notice_time(campaign, target, person) if funded else None
    if notice is not None:
        ready, wave, time = Ready(target.wave, Step.NOTICE), target.wave, notice
    elif target.wave == len(campaign.ladder):
        answered = _answer_time(campaign, target)
        return answered if answered is not None and now < answered else None
    else:
        wave = target.wave + 1
        ready, time = Ready(wave, Step.EVENT), _event_time(campaign, target)
    state = states[wave - 1]
    if state is WaveState.HELD or (state is WaveState.CANARY and not campaign.is_canary(target)):
        return wave
    return ready if time <= now else time


def _notice_time(campaign: Campaign, target: Target, person: Person) -> datetime | None:
    """Returns when the notice of the wave that an account is in may go; None when there is none to send."""
    if target.wave == 0 or target.step is not Step.EVENT or target.step_time is None:
        return None
    if not target.person or target.account_class in OF_CHILDREN:
        return None
    wave, budget = campaign.ladder[target.wave - 1], campaign.budget
    if not wave.notice or person.notices >= budget.person_notices:
        return None
    time = target.step_time + timedelta(days=wave.notice_after_days)
    return time if person.last_time is None else max(time, person.last_time + timedelta(days=budget.person_gap_days))


def _event_time(campaign: Campaign, target: Target) -> datetime:
    since = campaign.begin if target.step_time is None else target.step_time
    return since + timedelta(days=campaign.ladder[target.wave].after_days)


def _answer_time(campaign: Campaign, target: Target) -> datetime | None:
    """Returns until when the last step is left to work."""
    return None if target.step_time is None else target.step_time + timedelta(hours=campaign.canary.watch_hours)


class _Desk:
    """Hands out what there is of hours, money and pace, account by account."""

    def __init__(self, situation: Situation, now: datetime) -> None:
        self._campaign, self._now = situation.campaign, now
        self._purse, self._room, self._persons = situation.purse, situation.room, dict(situation.persons)
        self._opening = self._campaign.hours.opening(now)

    def action(self, target: Target, states: Sequence[WaveState]) -> Action:
        """Returns what is done about an account."""
        person = self._persons.get(target.person, Person())
        match due(self._campaign, target, person, states, self._now, funded=self._funded()):
            case None:
                return Finish(target.account_id)
            case int(wave):
                return Park(target.account_id, wave)
            case Ready() as ready:
                return self._done(target, person, ready)
            case time:
                return Wait(target.account_id, self._campaign.hours.opening(time))

    def _done(self, target: Target, person: Person, ready: Ready) -> Action:
        if self._opening > self._now:
            return Wait(target.account_id, self._opening)
        request_id = self._campaign.request_id(ready.wave, target.account_id)
        if ready.step is Step.EVENT:
            return Tell(target.account_id, ready.wave, request_id)
        if (wait := self._paid()) is not None:
            return Wait(target.account_id, wait)
        self._persons[target.person] = Person(notices=person.notices + 1, last_time=self._now)
        price = self._campaign.dearest_vnd
        return Notify(target.account_id, ready.wave, request_id, TEMPLATES[target.account_class], price)

    def _funded(self) -> bool:
        vnd = self._campaign.budget.vnd
        return vnd == NO_CAP or self._purse.vnd + self._campaign.dearest_vnd <= vnd

    def _paid(self) -> datetime | None:
        """Takes the price of a notice; or returns when there may be money or room for it."""
        budget, purse, price = self._campaign.budget, self._purse, self._campaign.dearest_vnd
        if affordable(budget, purse, price) == 0:
            tomorrow = dates.end_of_day(dates.local_date(self._now))
            return self._campaign.hours.opening(tomorrow)
        if self._room < 1:
            return self._campaign.hours.opening(self._now + _ROOM_AGAIN)
        self._room -= 1
        self._purse = replace(
            purse,
            today_vnd=purse.today_vnd + price,
            vnd=purse.vnd + price,
            today_notices=purse.today_notices + 1,
        )
        return None
