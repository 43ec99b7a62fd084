"""Proving numbers for accounts, changing them, and taking back what was proven."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import numbers
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.claims import Bounds, ClaimRefusal
from xacthuc.identity.domain.numbers import NumberRefusal
from xacthuc.identity.ports.numbers import ProofUsed, Settled
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.policy import NextStep, Purpose

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Order, ProveNumber, RevokeVerification
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.ports.numbers import Proof, Refusal
    from xacthuc.identity.usecases.identity import Identity

_VERIFYING: Final = (Purpose.ACCOUNT_VERIFICATION, Purpose.REVERIFICATION)
_CHANGING: Final = (Purpose.NUMBER_CHANGE,)


async def verify_phone(identity: Identity, command: ProveNumber, call: Call) -> AccountView:
    """Adds the proof of a number to an account."""
    return await _prove(identity, command, call, change=False)


async def change_number(identity: Identity, command: ProveNumber, call: Call) -> AccountView:
    """Puts a proven number in the place of the one that the account stands on; the old one is told by a message."""
    return await _prove(identity, command, call, change=True)


async def revoke_verification(identity: Identity, command: RevokeVerification) -> AccountView:
    """Takes back what was proven, so that the holder has to prove something again (R31)."""
    settled = await identity.shield.finish(_revoke(identity, command))
    if settled is None:
        raise not_found()
    if not isinstance(settled, Settled):
        raise refused(settled)
    return settled.answer


async def _prove(identity: Identity, command: ProveNumber, call: Call, *, change: bool) -> AccountView:
    """Whatever is interrupted is taken up by the same request id."""
    order, account_id, now = command.order, command.account_id, identity.clock.now()
    begun = await identity.verifications.begin(order, account_id, now)
    if begun.answer is not None:
        # Whoever repeats was cut off, perhaps by a process that died between its commit and its word to the cache.
        await identity.follow(order.platform, (account_id,))
        return begun.answer
    if begun.account is None:
        raise not_found()
    refusal = numbers.bar(begun.account.facts, identity.clock.now_ms(), change=change)
    # Before the proof is used up. Whoever repeats waits for their first run under the locks: refused here, they would be
    # told so of what is done a moment later.
    if refusal and not begun.again:
        raise refused(refusal)
    proof = await _redeem(identity, command, _CHANGING if change else _VERIFYING, call)
    settled = await identity.shield.finish(settle(identity, order, account_id, proof, change=change))
    if not isinstance(settled, Settled):
        raise refused(settled)
    return settled.answer


async def settle(
    identity: Identity, order: Order, account_id: str, proof: Proof, *, change: bool = False
) -> Settled | Refusal:
    """Saves what follows from a proof that was redeemed, and lets everybody know whom it concerns."""
    now, policy = identity.clock.now(), identity.policy
    decide = partial(
        numbers.prove,
        verify_time=proof.verify_time,
        bounds=Bounds(policy.accounts_per_number, policy.number_moves),
        now=now,
        change=change,
    )
    try:
        settled = await identity.verifications.settle(order, account_id, proof, decide, now)
    except ProofUsed:
        raise FailedPrecondition(
            Reason.PROOF_REDEEMED,
            "the proof was used by another request; verify the number again",
            metadata={"next_step": NextStep.VERIFY_PHONE.value},
        ) from None
    if isinstance(settled, Settled):
        await identity.follow(order.platform, settled.changed)
    return settled


async def _revoke(identity: Identity, command: RevokeVerification) -> Settled | Refusal | None:
    settled = await identity.verifications.revoke(command, identity.clock.now())
    if isinstance(settled, Settled):
        await identity.follow(command.order.platform, settled.changed)
    return settled


async def _redeem(identity: Identity, command: ProveNumber, purposes: Collection[Purpose], call: Call) -> Proof:
    """Uses up the proof; InvalidRequest when it is another account's or was made for something else."""
    subject = f"accounts/{command.account_id}"
    proof = await identity.proofs.redeem(command.proof_token, subject, purposes, command.order.request_id, call)
    if proof.subject != subject or proof.purpose not in purposes:  # asked for, and not taken on trust
        named = " or ".join(purposes)
        raise InvalidRequest(
            FieldFault(
                "proof_token", f"must prove a number for this account, with purpose {named}", "PROOF_OF_ANOTHER"
            ),
            reason=Reason.PROOF_INVALID,
            metadata={"next_step": NextStep.VERIFY_PHONE.value},
        )
    return proof


def refused(refusal: Refusal) -> FailedPrecondition:
    """Returns what a caller is told when a number is not added."""
    reason, message, metadata = _TOLD[refusal]
    return FailedPrecondition(reason, message, metadata=metadata)


def _state(state: State, next_step: NextStep) -> dict[str, str]:
    return {"state": state.value, "next_step": next_step.value}


_TOLD: Final = {
    NumberRefusal.CLOSED: (
        Reason.ACCOUNT_STATE,
        "the account is closed; its holder registers a new one",
        _state(State.CLOSED, NextStep.CONTACT_PLATFORM),
    ),
    NumberRefusal.DETAILS_REQUIRED: (
        Reason.ACCOUNT_STATE,
        "the holder's name or birth date is missing: call CorrectAccount first",
        _state(State.UNVERIFIED, NextStep.COMPLETE_DETAILS),
    ),
    NumberRefusal.GUARDIAN_REQUIRED: (
        Reason.ACCOUNT_STATE,
        "the holder is under 16: a parent or guardian has to register the account",
        _state(State.PENDING_GUARDIAN, NextStep.LINK_GUARDIAN),
    ),
    NumberRefusal.OTHER_NUMBER: (
        Reason.ACCOUNT_STATE,
        "the account stands on another number: call ChangeNumber with a proof of purpose NUMBER_CHANGE",
        {"state": State.VERIFIED.value},
    ),
    NumberRefusal.NO_NUMBER: (
        Reason.ACCOUNT_STATE,
        "the account stands on no number that could be changed: call VerifyPhone",
        {"next_step": NextStep.VERIFY_PHONE.value},
    ),
    ClaimRefusal.OLDER_PROOF: (
        Reason.PROOF_EXPIRED,
        "the proof is older than the number's newest verification; verify the number again",
        {"next_step": NextStep.VERIFY_PHONE.value},
    ),
    ClaimRefusal.TOO_MANY_ACCOUNTS: (
        Reason.TOO_MANY_ACCOUNTS,
        "as many accounts of this holder and family as may stand on the number do; close one, or verify another number",
        {"next_step": NextStep.VERIFY_PHONE.value},
    ),
    ClaimRefusal.MOVED_TOO_OFTEN: (
        Reason.NUMBER_MOVED_TOO_OFTEN,
        "the number passed between unrelated accounts too often; verify another number, or look at who uses it",
        {"next_step": NextStep.CONTACT_PLATFORM.value},
    ),
}
