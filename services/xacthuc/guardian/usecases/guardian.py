"""What the verbs work with. Built once, in `assembly.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.clock import Clock
    from xacthuc.guardian.ports.links import Links
    from xacthuc.guardian.ports.notes import Notes
    from xacthuc.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Dependencies of all verbs."""

    clock: Clock
    policy: Policy
    links: Links
    notes: Notes
    appended: Callable[[], None]
    """Called after a commit that wrote to the outbox or asked for a job, so that nobody waits for the next look."""
    shield: Shield = field(default_factory=Shield)
