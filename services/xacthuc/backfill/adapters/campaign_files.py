"""A campaign as somebody writes it down: TOML, read into what the rules know."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from xacthuc import datafile
from xacthuc.backfill.domain.campaign import Budget, Campaign, Canary, Provider, Wave
from xacthuc.datafile import DataFileError
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """A provider as the file has it."""

    name: str
    channel: DeliveryChannel
    cost_vnd: int
    per_second: float
    weight: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFile:
    """The file: what is left out is as `docs/backfill.md` says."""

    providers: tuple[ProviderLine, ...]
    budget: Budget
    hours: str = "08:00-20:00"
    waves: tuple[Wave, ...] = (
        Wave(after_days=0, least_verified_percent=2),
        Wave(after_days=14),
        Wave(after_days=21),
    )
    canary: Canary = Canary(percent=1, watch_hours=24, least=100, most_failed_percent=10)  # noqa: RUF009 - frozen


def load(path: Path, campaign_id: UUID, begin: datetime, end: datetime) -> Campaign:
    """Reads a campaign; DataFileError, which names the key and says what to write, when it is none."""
    file = datafile.decode(CampaignFile, datafile.read(path))
    opens, _, closes = file.hours.partition("-")
    try:
        hours = Hours.of(file.hours)
    except ValueError:
        hours = None
    if hours is None or opens >= closes:
        raise DataFileError("hours: write HH:MM-HH:MM within one day, such as 08:00-20:00")
    try:
        providers = tuple(
            Provider(
                name=each.name,
                channel=each.channel,
                cost_vnd=each.cost_vnd,
                per_second=each.per_second,
                weight=each.weight,
            )
            for each in file.providers
        )
        return Campaign(
            campaign_id=campaign_id,
            begin=begin,
            end=end,
            hours=hours,
            ladder=file.waves,
            canary=file.canary,
            budget=file.budget,
            providers=providers,
        )
    except ValueError as error:
        raise DataFileError(str(error)) from None
