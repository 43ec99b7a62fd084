"""What was decided of a campaign, as its row keeps it, and read again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from xacthuc.backfill.domain.campaign import Budget, Campaign, Canary, Provider, Wave
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours

if TYPE_CHECKING:
    from collections.abc import Mapping


def spell(plan: Campaign) -> dict[str, Any]:
    """Returns a plan as JSON."""
    spelled: dict[str, Any] = orjson.loads(orjson.dumps(asdict(plan)))
    return spelled


def read(kept: Mapping[str, Any]) -> Campaign:
    """Reads what `spell` made."""
    return Campaign(
        campaign_id=UUID(kept["campaign_id"]),
        begin=datetime.fromisoformat(kept["begin"]),
        end=datetime.fromisoformat(kept["end"]),
        hours=Hours(**kept["hours"]),
        ladder=tuple(Wave(**wave) for wave in kept["ladder"]),
        canary=Canary(**kept["canary"]),
        budget=Budget(**kept["budget"]),
        providers=tuple(
            Provider(**{**provider, "channel": DeliveryChannel(provider["channel"])}) for provider in kept["providers"]
        ),
    )
