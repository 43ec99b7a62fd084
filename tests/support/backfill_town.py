"""A campaign as the service keeps it: its adapters on a database, and rows made by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from xacthuc.backfill.adapters.numbers import Numbers
from xacthuc.backfill.adapters.sql_campaigns import SqlCampaigns
from xacthuc.backfill.adapters.tables import requests
from xacthuc.backfill.domain.campaign import Budget, Campaign, CampaignState, Canary, Provider, Wave
from xacthuc.backfill.ports.campaigns import Kept
from xacthuc.clock import FixedClock
from xacthuc.ids import random_bytes
from xacthuc.order import Order
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.sql.requests import RequestSecrets, SqlRequests

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

PLATFORM, NAME = "forum", "spring"
NOW = datetime(2026, 12, 1, 5, tzinfo=UTC)
PLAN = Campaign(
    campaign_id=UUID(int=1),
    begin=NOW - timedelta(days=10),
    end=NOW + timedelta(days=80),
    hours=Hours.of("00:00-24:00"),
    ladder=(Wave(after_days=0, notice_after_days=2), Wave(after_days=7), Wave(after_days=7)),
    canary=Canary(percent=1, watch_hours=24, least=100, most_failed_percent=10),
    budget=Budget(vnd_per_day=-1, person_notices=3, person_gap_days=7),
    providers=(Provider(name="first", channel=DeliveryChannel.SMS, cost_vnd=800, per_second=50),),
)


@dataclass
class Town:
    """The service without its wire, its tasks and its peers."""

    engine: AsyncEngine
    clock: FixedClock
    numbers: Numbers
    campaigns: SqlCampaigns

    async def campaign(self, name: str = NAME, plan: Campaign = PLAN) -> None:
        """Keeps one that can be started."""
        kept = Kept(platform=PLATFORM, name=name, state=CampaignState.PREPARED, plan=plan, create_time=NOW)
        await self.campaigns.create(order("CreateCampaign"), kept)


def town(engine: AsyncEngine) -> Town:
    """Returns one on a migrated database."""
    ring = KeyRing({0: random_bytes(32)}, 0)
    sealer = Sealer(ring)
    numbers = Numbers(sealer, ring)
    kept = SqlRequests(requests, RequestSecrets("backfill", sealer, ring))
    return Town(engine, FixedClock(NOW), numbers, SqlCampaigns(engine, engine, kept, numbers))


def order(method: str) -> Order:
    """Returns what an officer asks for."""
    return Order(
        platform=PLATFORM, method=method, request_id=str(uuid4()), payload="", actor="operator:an", trace_id=""
    )
