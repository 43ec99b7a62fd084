"""What the verbs work with. Built once, in `assembly.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.clock import Clock
    from xacthuc.livestream.ports.broadcasters import Broadcasters
    from xacthuc.livestream.ports.broadcasts import Broadcasts
    from xacthuc.livestream.ports.exports import Approvals
    from xacthuc.livestream.ports.grants import Grants
    from xacthuc.livestream.ports.records import Records
    from xacthuc.livestream.ports.revocations import Revocations
    from xacthuc.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Livestream:
    """Dependencies of all verbs."""

    clock: Clock
    policy: Policy
    broadcasters: Broadcasters
    broadcasts: Broadcasts
    grants: Grants
    revocations: Revocations
    records: Records
    approvals: Approvals
    appended: Callable[[], None]
    """Called after a commit that may have written to the outbox, so that nobody waits for the next look."""
    shield: Shield = field(default_factory=Shield)
