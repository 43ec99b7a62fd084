"""What the verbs work with. Built once, in `assembly.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.backfill.ports.campaigns import Campaigns
    from xacthuc.backfill.ports.restrictions import Agreements, Restrictions
    from xacthuc.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Dependencies of all verbs."""

    clock: Clock
    campaigns: Campaigns
    restrictions: Restrictions
    agreements: Agreements
    due: Callable[[], None]
    """Called after a commit that may leave something to do, so that nobody waits for the next look."""
    shield: Shield = field(default_factory=Shield)
