"""What the verbs work with. Built once, in `assembly.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from xacthuc.clock import Clock
    from xacthuc.guardian.ports.activity import Activities
    from xacthuc.guardian.ports.assents import Assents
    from xacthuc.guardian.ports.disputes import Disputes
    from xacthuc.guardian.ports.happenings import LinkEvents
    from xacthuc.guardian.ports.holders import Holders, Lives
    from xacthuc.guardian.ports.links import Invitations, Links
    from xacthuc.guardian.ports.notes import Notes
    from xacthuc.guardian.ports.people import People, Proofs
    from xacthuc.guardian.ports.supervision import Supervisions
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Dependencies of all verbs."""

    clock: Clock
    policy: Policy
    plan: NumberPlan
    links: Links
    invitations: Invitations
    supervisions: Supervisions
    activities: Activities
    disputes: Disputes
    happenings: LinkEvents
    assents: Assents
    holders: Holders
    lives: Lives
    notes: Notes
    people: People
    proofs: Proofs
    development: bool
    """Whether the sandbox's reserved numbers are served."""
    appended: Callable[[], None]
    """Called after a commit that wrote to the outbox or asked for a job, so that nobody waits for the next look."""
    shield: Shield = field(default_factory=Shield)

    async def carry_out(self, work: Coroutine[object, object, T]) -> T:
        """Carries a write through to its end although its caller has gone, and has it followed at once."""
        return await self.shield.finish(self._followed(work))

    async def _followed(self, work: Coroutine[object, object, T]) -> T:
        result = await work
        self.appended()
        return result
