"""Whether a guardian still is who was let in: asked anew before anything is opened or shown by a link (R21).

Identity shuts the child's gate by itself when a guardian's number passes on, or the account is locked. Whoever has the
link's id then must not let in another guardian, widen what the child may do, consent for it, or look at it. What narrows
is never asked: a suspension waits for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.domain.life import Assurance
from xacthuc.guardian.ports.people import Unfit
from xacthuc.guardian.usecases.refusals import unfit

if TYPE_CHECKING:
    from xacthuc.guardian.domain.life import Holder
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.policy import Policy


async def require_standing(guardian: Guardian, platform: str, acting: Link) -> None:
    """FailedPrecondition unless what the guardian of an active link has proven stands; raises what identity says."""
    holder = await guardian.holders.holder(platform, acting.guardian_id or "")
    if (cause := lapse(holder, guardian.policy)) is not None:
        raise unfit(cause, acting.link)


def lapse(holder: Holder, policy: Policy) -> Unfit | None:
    """Returns what somebody who was let in lost since, as the policy asks of a guardian, or None."""
    rules = policy.guardianship
    if not holder.in_use:
        return Unfit.CLOSED
    if holder.assurance is None:
        return Unfit.NOT_VERIFIED
    if rules.asks_personal_id and holder.assurance is not Assurance.PERSONAL_ID:
        return Unfit.NOT_ASSURED
    return Unfit.LOCKED if holder.locked and not rules.locked_answers else None
