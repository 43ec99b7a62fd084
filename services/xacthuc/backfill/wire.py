"""Between messages of the contract and values of the service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.backfill.domain.campaign import Budget, Campaign, CampaignState, Canary, Provider, Wave
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.ports.campaigns import Kept, NewTarget
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.grpckit.reading import instant, optional_timestamp, timestamp
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.backfill.ports.campaigns import Figures
    from xacthuc.backfill.ports.restrictions import Preview, Restriction

_Plan = resources_pb2.CampaignPlan
_CHANNELS: Final = {"sms": DeliveryChannel.SMS, "zns": DeliveryChannel.ZALO_ZNS}
_CHANNEL_WORDS: Final = {channel: word for word, channel in _CHANNELS.items()}
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTES: Final = 60_000


def parts(name: str) -> tuple[str, str]:
    """Reads the platform and the campaign of a name; the contract's pattern has checked it."""
    _, platform, _, campaign = name.split("/")
    return platform, campaign


def new_campaign(request: pb2.CreateCampaignRequest, now: datetime) -> Kept:
    """Reads what is to be made."""
    return Kept(
        platform=request.parent.removeprefix("platforms/"),
        name=request.campaign_id,
        state=CampaignState.PREPARED,
        plan=_plan(request.plan, now),
        create_time=now,
    )


def targets(request: pb2.AddTargetsRequest) -> list[NewTarget]:
    """Reads accounts."""
    return [
        NewTarget(
            account_id=target.account.removeprefix("accounts/"),
            account_class=AccountClass(resources_pb2.AccountClass.Name(target.account_class)),
            number=target.phone_number,
        )
        for target in request.targets
    ]


def campaign(kept: Kept) -> resources_pb2.Campaign:
    """Renders a campaign."""
    return resources_pb2.Campaign(
        name=f"platforms/{kept.platform}/campaigns/{kept.name}",
        state=resources_pb2.Campaign.State.Value(kept.state.value),
        plan=plan(kept.plan),
        create_time=timestamp(kept.create_time),
        start_time=optional_timestamp(kept.start_time),
        close_time=optional_timestamp(kept.close_time),
        reason=kept.reason,
    )


def campaigns(page: Sequence[Kept], following: str) -> pb2.ListCampaignsResponse:
    """Renders a page."""
    return pb2.ListCampaignsResponse(campaigns=map(campaign, page), next_page_token=following)


def figures(found: Figures) -> resources_pb2.CampaignFigures:
    """Renders a campaign with what became of how many accounts."""
    rendered = resources_pb2.CampaignFigures
    return rendered(
        campaign=campaign(found.kept),
        standings=[
            rendered.Standing(
                account_class=resources_pb2.AccountClass.Value(each.account_class.value),
                state=rendered.Standing.State.Value(each.state.value),
                account_count=each.accounts,
            )
            for each in found.standings
        ],
        waves=[
            rendered.WaveFigures(
                wave=each.wave,
                state=rendered.WaveFigures.State.Value(each.state.value),
                hold_reason=each.hold_reason,
                event_count=each.events,
                notice_count=each.notices,
                verified_count=each.verified,
                delivered_count=each.delivered,
                failed_count=each.failed,
            )
            for each in found.waves
        ],
        days=[
            rendered.Day(
                day=each.day.isoformat(),
                notice_count=each.notices,
                cost_vnd=each.vnd,
                verified_count=each.verified,
            )
            for each in found.days
        ],
        account_count=found.accounts,
        erased_count=found.kept.erased,
        reachable_count=found.reachable,
        providers=[
            rendered.ProviderFigures(
                provider=each.provider,
                notice_count=each.notices,
                delivered_count=each.delivered,
                failed_count=each.failed,
                cost_vnd=each.vnd,
            )
            for each in found.carried
        ],
        restrictions=map(restriction, found.restrictions),
    )


def approval_of(name: str) -> str:
    """Reads the id of an approval; the contract's pattern has checked it."""
    return name.removeprefix("approvals/")


def preview(counted: Preview) -> resources_pb2.RestrictionPreview:
    """Renders whom a restriction would be about."""
    groups = [
        resources_pb2.RestrictionPreview.Group(
            account_class=resources_pb2.AccountClass.Value(each.account_class.value),
            state=resources_pb2.CampaignFigures.Standing.State.Value(each.state.value),
            account_count=each.accounts,
            unasked_count=each.unasked,
        )
        for each in counted.groups
    ]
    return resources_pb2.RestrictionPreview(
        campaign=f"platforms/{counted.platform}/campaigns/{counted.name}",
        as_of_time=timestamp(counted.as_of),
        account_count=sum(each.accounts for each in counted.groups),
        groups=groups,
        grace_count=None if counted.graces is None else counted.graces.accounts,
        last_grace_time=None if counted.graces is None else optional_timestamp(counted.graces.last_end),
    )


def restriction(kept: Restriction) -> resources_pb2.Restriction:
    """Renders what an approval restricts, and how far that has come."""
    return resources_pb2.Restriction(
        approval=f"approvals/{kept.approval}",
        state=resources_pb2.Restriction.State.Value(kept.state.value),
        account_count=kept.accounts,
        as_of_time=timestamp(kept.as_of),
        taken_count=kept.taken,
        ended_count=kept.ended,
        restored_count=kept.restored,
        create_time=timestamp(kept.create_time),
        end_time=optional_timestamp(kept.end_time),
        reason=kept.reason,
    )


def _plan(told: resources_pb2.CampaignPlan, now: datetime) -> Campaign:
    opens, _, closes = told.hours.partition("-")
    if opens >= closes:
        raise InvalidRequest(FieldFault("plan.hours", "must open before they close, such as 08:00-20:00", "NO_HOURS"))
    end = instant(told.end_time, "plan.end_time")
    return Campaign(
        campaign_id=uuid4(),
        # Until it is started.
        begin=min(now, end - timedelta(microseconds=1)),
        end=end,
        hours=Hours.of(told.hours),
        ladder=tuple(map(_wave, told.ladder)),
        canary=Canary(
            percent=told.canary.percent,
            watch_hours=told.canary.watch.ToTimedelta() / _HOUR,
            least=told.canary.least_count,
            most_failed_percent=told.canary.most_failed_percent,
        ),
        budget=Budget(
            vnd_per_day=told.budget.daily_vnd,
            vnd=told.budget.total_vnd,
            notices_per_day=told.budget.daily_notices,
            person_notices=told.budget.person_notices,
            person_gap_days=told.budget.person_gap.ToTimedelta() / _DAY,
        ),
        providers=tuple(
            Provider(
                name=each.provider,
                channel=_CHANNELS[each.channel],
                cost_vnd=each.cost_vnd,
                per_second=each.per_second,
                weight=each.weight,
            )
            for each in told.providers
        ),
    )


def _wave(told: resources_pb2.CampaignPlan.Wave) -> Wave:
    return Wave(
        after_days=told.after.ToTimedelta() / _DAY,
        notice_after_days=told.notice_after.ToTimedelta() / _DAY,
        notice=not told.without_notice,
        least_verified_percent=told.least_verified_percent,
    )


def plan(decided: Campaign) -> resources_pb2.CampaignPlan:
    """Renders what was decided."""
    budget, canary = decided.budget, decided.canary
    return _Plan(
        end_time=timestamp(decided.end),
        hours=f"{_of_day(decided.hours.opens_ms)}-{_of_day(decided.hours.closes_ms)}",
        ladder=[
            _Plan.Wave(
                after=_duration(each.after_days * _DAY),
                notice_after=_duration(each.notice_after_days * _DAY),
                without_notice=not each.notice,
                least_verified_percent=each.least_verified_percent,
            )
            for each in decided.ladder
        ],
        canary=_Plan.Canary(
            percent=canary.percent,
            watch=_duration(canary.watch_hours * _HOUR),
            least_count=canary.least,
            most_failed_percent=canary.most_failed_percent,
        ),
        budget=_Plan.Budget(
            daily_vnd=budget.vnd_per_day,
            total_vnd=budget.vnd,
            daily_notices=budget.notices_per_day,
            person_notices=budget.person_notices,
            person_gap=_duration(budget.person_gap_days * _DAY),
        ),
        providers=[
            _Plan.Provider(
                provider=each.name,
                channel=_CHANNEL_WORDS[each.channel],
                cost_vnd=each.cost_vnd,
                per_second=each.per_second,
                weight=each.weight,
            )
            for each in decided.providers
        ],
    )


def _of_day(ms: int) -> str:
    minutes = ms // _MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _duration(span: timedelta) -> Duration:
    """Renders whole seconds: a day's part in floating point is a few microseconds off."""
    return Duration(seconds=round(span.total_seconds()))
