"""What the verbs work with. Built once, in `assembly.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from xacthuc.backfill.ports.campaigns import Campaigns
    from xacthuc.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Dependencies of all verbs."""

    clock: Clock
    campaigns: Campaigns
    shield: Shield = field(default_factory=Shield)
