"""Consent to publishing a child's private information (R20; Law 91/2025 Art. 24(2))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.domain.activity import AHEAD
from xacthuc.guardian.domain.assents import AssentRefusal, refusal
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.usecases.refusals import not_answering, wrong_state
from xacthuc.guardian.usecases.standing import require_standing
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.guardian.domain.assents import Assent
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.ports.assents import Said, Standing
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.order import Order


async def record_child_assent(guardian: Guardian, order: Order, said: Said) -> tuple[Assent, bool]:
    """Keeps what a child or its guardian says; returns what stands, and whether everybody consented who has to."""
    if seen := await guardian.assents.answered(order):  # whatever has become of those who said it
        return seen.assent, seen.complete
    now = guardian.clock.now()
    if said.accept_time > now + AHEAD:
        raise InvalidRequest(FieldFault("accept_time", "must not be in the future", "IN_FUTURE"))
    holder = await guardian.holders.holder(order.platform, said.child)
    if said.guardian_link:  # a look that is late lets nobody speak for a child who answers no more
        await guardian.lives.look(order.platform, said.child)
        acting = await guardian.links.get(order.platform, said.guardian_link)
        if not said.withdrawn and acting is not None and acting.state is State.ACTIVE:
            await require_standing(guardian, order.platform, acting)
    refused = None if said.withdrawn else refusal(holder, by_child=not said.guardian_link)
    if refused is not None:
        message, step = _REFUSED[refused]
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE, message, metadata={"cause": refused.value, "next_step": step.value}
        )

    def is_complete(standing: Standing) -> bool:
        return standing.assent.is_complete(holder, represented=standing.represented)

    kept = await guardian.carry_out(guardian.assents.record(order, said, is_complete, now))
    if kept is None:
        raise _not_answering(await guardian.links.get(order.platform, said.guardian_link), now)
    return kept.assent, kept.complete


async def list_child_assents(
    guardian: Guardian, platform: str, child: str, after: str, limit: int
) -> tuple[list[tuple[Assent, bool]], str]:
    """Returns what stands of a child's features, as of now, and what to ask the next page with."""
    holder = await guardian.holders.holder(platform, child)
    found = await guardian.assents.page(platform, child, after, limit + 1)
    page = [(each.assent, each.assent.is_complete(holder, represented=each.represented)) for each in found[:limit]]
    return page, page[-1][0].feature if len(found) > limit else ""


def _not_answering(link: Link | None, now: datetime) -> XacthucError:
    """Returns what is said of a link by which nobody answers for this child."""
    if link is not None and link.state is State.ACTIVE:
        return not_answering("guardian_link")
    return wrong_state(None if link is None else link.standing(now))


_REFUSED = {
    AssentRefusal.NOT_A_CHILD: (
        "the holder is 16 or older, or the account is closed: nobody consents for it",
        NextStep.NONE,
    ),
    AssentRefusal.TOO_YOUNG: ("the child is under 7: the guardian consents alone", NextStep.ASK_GUARDIAN),
}
