"""Inviting somebody to answer for a child.

The answer depends on the child, who is the platform's own, and never on who is invited: whether a number belongs to
anybody here is not looked up, so that nothing can be learned by inviting it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.ports.links import Caps, Invitation
from xacthuc.guardian.ports.people import Unfit
from xacthuc.guardian.usecases.refusals import linked, unfit, ward_band
from xacthuc.ids import encode, random_bytes
from xacthuc.phone import Refusal
from xacthuc.phone.sandbox import UNANSWERED, UNANSWERED_WAITS, is_reserved

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.commands import RequestLink
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.usecases.guardian import Guardian


async def request_link(guardian: Guardian, command: RequestLink, call: Call) -> Link:
    """Invites somebody, from the child's own sign-up or by a guardian who answers already."""
    number = _number(guardian, command.phone_number) if command.phone_number else None
    if command.account_id == command.child_id:
        raise unfit(Unfit.SELF)
    answered = await guardian.links.answered(command.order)
    if answered is not None:
        return answered
    ward_band(await guardian.people.ward(command.child_id, call))
    device = await guardian.proofs.device(command.device_id, call) if command.device_id else ""
    now, rules = guardian.clock.now(), guardian.policy.links
    waits = UNANSWERED_WAITS if number == UNANSWERED else timedelta(days=rules.invitation_days)
    wanted = Invitation(
        link=encode(random_bytes(16)),
        child_id=command.child_id,
        account_id=command.account_id,
        number=number,
        relation=command.relation,
        device=device,
        expire_time=now + waits,
    )
    caps = Caps(
        repeats=rules.repeats,
        per_child=rules.invitations_per_child_per_day,
        per_person=rules.invitations_per_person_per_day,
    )
    work = guardian.invitations.invite(command.order, wanted, caps, now)
    return linked(await guardian.carry_out(work))


def _number(guardian: Guardian, text: str) -> str:
    """Reads a number that somebody typed; InvalidRequest when it is no person's mobile.

    Outside of development the sandbox's numbers are refused as otp refuses them: nobody could ever answer.
    """
    number = guardian.plan.parse(text)
    if isinstance(number, Refusal):
        raise InvalidRequest(FieldFault("phone_number", number.en, number.reason.value, "vi", number.vi, number.en))
    if is_reserved(number.e164) and not guardian.development:
        raise FailedPrecondition(
            Reason.SANDBOX_ONLY, "this number is reserved for the sandbox, which only a development environment serves"
        )
    return number.e164
