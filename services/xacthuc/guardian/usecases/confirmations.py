"""Taking a child on: a number proven for this very link, one's own name and birth date, and a declaration.

Nothing remote is called with a transaction open. Each step is the same when it comes again with the same request id, so
a caller whose call was lost, by a kill at any point, sends it again and gets what the first one would have got.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.domain.family import Act, declares_enough, may
from xacthuc.guardian.domain.relations import PARENTS
from xacthuc.guardian.domain.supervision import beginning
from xacthuc.guardian.ports.links import Confirmation
from xacthuc.guardian.ports.people import Newcomer
from xacthuc.guardian.usecases.refusals import linked, not_answering, unfit, ward_band, wrong_state
from xacthuc.guardian.usecases.standing import require_standing
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.commands import ByGuardian, ConfirmLink
    from xacthuc.guardian.domain.links import Declaration, Link, State
    from xacthuc.guardian.domain.relations import Relation
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.order import Order
    from xacthuc.policy import Policy

_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a platform's clock may be ahead of ours."""


async def confirm_link(guardian: Guardian, command: ConfirmLink, call: Call) -> Link:
    """Takes the child on, or leaves that to another guardian or an officer."""
    return await guardian.carry_out(_confirm(guardian, command, call))


async def _confirm(guardian: Guardian, command: ConfirmLink, call: Call) -> Link:
    order, link, declaration = command.order, command.link, command.declaration
    answered = await guardian.links.answered(order)
    if answered is not None:
        return answered
    kept = await guardian.links.get(order.platform, link)
    if kept is None or not _can_be(kept, Act.CONFIRM, guardian.clock.now()):
        return await _done_meanwhile(guardian, order, kept)
    _check(declaration, kept.relation, guardian.policy, guardian.clock.now())
    band = ward_band(await guardian.people.ward(kept.child_id, call))
    proof = await guardian.proofs.redeem(command.proof_token, link, _derived(order.request_id, "proof"), call)
    invited = await guardian.invitations.invited(order.platform, link, proof.number)
    if invited is None or not invited.number_fits:
        raise InvalidRequest(
            FieldFault("proof_token", "must be the proof of the number that was invited", "OTHER_NUMBER"),
            reason=Reason.PROOF_INVALID,
            metadata={"next_step": NextStep.VERIFY_PHONE.value},
        )
    newcomer = Newcomer(
        link=link, account_id=invited.account_id, person=command.person, declaration=declaration, proof=proof
    )
    guardian_id = await guardian.people.register(newcomer, _derived(order.request_id, "guardian"), call)
    check = await guardian.people.check(kept, guardian_id, invited.devices, call)
    if check.unfit is not None:
        raise unfit(check.unfit, link)
    now, rules = guardian.clock.now(), guardian.policy
    wanted = Confirmation(
        link=link,
        guardian_id=guardian_id,
        declaration=declaration,
        suspicions=check.suspicions,
        beginning=beginning(rules, band),
        waits=timedelta(days=rules.links.invitation_days),
        per_day=rules.links.confirmations_per_guardian_per_day,
        children=rules.accounts_per_number.minors,
    )
    return linked(await guardian.invitations.confirm(order, wanted, now), link)


async def approve_link(guardian: Guardian, command: ByGuardian, call: Call) -> Link:
    """Lets another guardian answer as well. Both are looked at once more: days may have passed."""
    return await guardian.carry_out(_approve(guardian, command, call))


async def _approve(guardian: Guardian, command: ByGuardian, call: Call) -> Link:
    order, link = command.order, command.link
    answered = await guardian.links.answered(order)
    if answered is not None:
        return answered
    kept = await guardian.links.get(order.platform, link)
    if kept is None or kept.guardian_id is None or not _can_be(kept, Act.APPROVE, guardian.clock.now()):
        return await _done_meanwhile(guardian, order, kept)
    acting = await guardian.links.get(order.platform, command.by)
    if acting is None or not acting.answers_beside(kept):
        raise not_answering("approving_link")
    await require_standing(guardian, order.platform, acting)
    check = await guardian.people.check(kept, kept.guardian_id, (), call)
    if check.unfit is not None:
        raise unfit(check.unfit, link)
    children = guardian.policy.accounts_per_number.minors
    done = await guardian.invitations.approve(order, link, command.by, children, guardian.clock.now())
    return linked(done, link, by="approving_link")


async def _done_meanwhile(guardian: Guardian, order: Order, kept: Link | None) -> Link:
    """Returns the answer of the same call, whose first run moved the link after it was looked for; else raises why not.

    A caller repeats what it heard nothing of while that is still under way, or a killed process had just committed it.
    The answer commits with the move, so whoever saw the one finds the other.
    """
    answered = await guardian.links.answered(order)
    if answered is not None:
        return answered
    raise wrong_state(_standing(kept, guardian.clock.now()))


def _can_be(link: Link, act: Act, now: datetime) -> bool:
    return may(link.standing(now), act)


def _standing(link: Link | None, now: datetime) -> State | None:
    return None if link is None else link.standing(now)


def _check(declaration: Declaration, relation: Relation, policy: Policy, now: datetime) -> None:
    """InvalidRequest naming everything that is wrong with a declaration."""
    faults = []
    rules = policy.links
    wanted = rules.declaration_parent if relation in PARENTS else rules.declaration_other
    if declaration.text_version != wanted.version:
        faults.append(
            FieldFault(
                "declaration.text_version",
                f"must be {wanted.version}, the text for this relation; show it and ask again",
                "UNKNOWN_TEXT",
            )
        )
    if not declares_enough(relation, declaration.ward_ground):
        told = (
            "must be left out by a parent"
            if relation in PARENTS
            else "must say why the parents do not answer for the child (Civil Code Art. 47(1))"
        )
        faults.append(FieldFault("declaration.ward_ground", told, "WARD_GROUND"))
    if declaration.accept_time > now + _CLOCK_TOLERANCE:
        faults.append(FieldFault("declaration.accept_time", "must not be in the future", "IN_FUTURE"))
    if faults:
        raise InvalidRequest(*faults)


def _derived(request_id: str, step: str) -> str:
    """Returns the id of a step at another service: the same for the same call, so that a repetition repeats it."""
    return str(uuid5(UUID(request_id), step))
