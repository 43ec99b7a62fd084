"""Registering, verifying and reading accounts, and deciding about them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import AlreadyExists, FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import claims
from xacthuc.identity.domain.account import State, view
from xacthuc.identity.domain.claims import ClaimRefusal
from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import NOT_REGISTERED
from xacthuc.identity.domain.registration import accept_time_fault, birth_date_fault, person_of
from xacthuc.identity.ports.accounts import NewAccount
from xacthuc.identity.ports.numbers import ProofUsed, Settled
from xacthuc.policy import NextStep, Purpose, Requirement

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Order, RegisterAccount, VerifyPhone
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.domain.decision import Decision
    from xacthuc.identity.ports.numbers import Proof
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.policy import Action

_PURPOSES: Final = (Purpose.ACCOUNT_VERIFICATION, Purpose.REVERIFICATION)


async def check_action(identity: Identity, platform: str, account_id: str, action: Action) -> Decision:
    """Decides whether the account may do `action` now. What the law does not gate needs no facts (R6)."""
    policy = identity.policy
    if policy.rule_for(action).requirement is Requirement.NOTHING:
        facts = NOT_REGISTERED
    else:
        facts = await identity.standings.facts(platform, account_id)
    return decide(facts, action, identity.clock.now_ms(), policy)


async def register_account(identity: Identity, command: RegisterAccount) -> AccountView:
    """Keeps an account with its holder's name and birth date; of a child's, the birth date alone (R10, R15)."""
    now, policy = identity.clock.now(), identity.policy
    birth_date = _lawful(command, now)
    child = policy.is_child(birth_date, now)
    new = NewAccount(
        account_id=command.account_id,
        person=person_of(command.full_name, birth_date, policy, now),
        # The one thing about a birth date that decisions need, and only while it decides something.
        child_until=policy.independent_from(birth_date) if child else None,
        consent=command.consent,
    )
    answer = await identity.shield.finish(_register(identity, command.order, new, now))
    if answer is None:
        raise AlreadyExists(
            Reason.ACCOUNT_ALREADY_EXISTS, "the account is registered already, by another request; read it instead"
        )
    return answer


async def verify_phone(identity: Identity, command: VerifyPhone, call: Call) -> AccountView:
    """Adds the proof of a number to an account. Whatever is interrupted is taken up by the same request id."""
    order, account_id, now = command.order, command.account_id, identity.clock.now()
    begun = await identity.verifications.begin(order, account_id, now)
    if begun.answer is not None:
        return begun.answer
    if begun.account is None:
        raise _not_found()
    if view(begun.account, now).is_child:
        raise _refused(ClaimRefusal.GUARDIAN_REQUIRED)
    subject = f"accounts/{account_id}"
    proof = await identity.proofs.redeem(command.proof_token, subject, _PURPOSES, order.request_id, call)
    if proof.subject != subject or proof.purpose not in _PURPOSES:  # asked for, and not taken on trust
        raise InvalidRequest(
            FieldFault(
                "proof_token",
                "must prove a number for this account, with purpose ACCOUNT_VERIFICATION or REVERIFICATION",
                "PROOF_OF_ANOTHER",
            ),
            reason=Reason.PROOF_INVALID,
        )
    settled = await identity.shield.finish(_settle(identity, order, account_id, proof))
    if isinstance(settled, ClaimRefusal):
        raise _refused(settled)
    return settled.answer


async def get_account(identity: Identity, platform: str, account_id: str) -> AccountView:
    """Returns an account as it stands now."""
    account = await identity.accounts.get(platform, account_id)
    if account is None:
        raise _not_found()
    return view(account, identity.clock.now())


async def _register(identity: Identity, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
    answer = await identity.accounts.register(order, new, now)
    if answer is not None:
        identity.appended()
        await identity.standings.forget(order.platform, (new.account_id,))
    return answer


async def _settle(identity: Identity, order: Order, account_id: str, proof: Proof) -> Settled | ClaimRefusal:
    now = identity.clock.now()
    most_accounts = identity.policy.accounts_per_number.adults
    decide_claim = partial(
        claims.claim, verify_time=proof.verify_time, most_accounts=most_accounts, now_ms=identity.clock.now_ms()
    )
    try:
        settled = await identity.verifications.settle(order, account_id, proof, decide_claim, now)
    except ProofUsed:
        raise FailedPrecondition(
            Reason.PROOF_REDEEMED, "the proof was used by another request; verify the number again"
        ) from None
    if isinstance(settled, Settled):
        identity.appended()
        await identity.standings.forget(order.platform, settled.changed)
    return settled


def _lawful(command: RegisterAccount, now: datetime) -> date:
    """Returns the birth date when everything given can be; InvalidRequest naming every faulty field otherwise."""
    found = (birth_date_fault(command.birth_date, now), accept_time_fault(command.consent.accept_time, now))
    faults = [FieldFault(fault.field, fault.description, fault.reason) for fault in found if fault is not None]
    birth_date = command.birth_date.on_calendar()
    if faults or birth_date is None:
        raise InvalidRequest(*faults)
    return birth_date


def _not_found() -> NotFound:
    return NotFound(Reason.ACCOUNT_NOT_FOUND, "the account is not registered; call RegisterAccount first")


def _refused(refusal: ClaimRefusal) -> FailedPrecondition:
    if refusal is ClaimRefusal.GUARDIAN_REQUIRED:
        return FailedPrecondition(
            Reason.ACCOUNT_STATE,
            "the holder is under 16: a parent or guardian has to register the account",
            metadata={"state": State.PENDING_GUARDIAN.value, "next_step": NextStep.LINK_GUARDIAN.value},
        )
    if refusal is ClaimRefusal.OLDER_PROOF:
        return FailedPrecondition(
            Reason.PROOF_EXPIRED,
            "the proof is older than the number's newest verification; verify the number again",
            metadata={"next_step": NextStep.VERIFY_PHONE.value},
        )
    return FailedPrecondition(
        Reason.ACCOUNT_STATE,
        "the account is verified with another number; a change of number is proven with purpose NUMBER_CHANGE",
        metadata={"state": State.VERIFIED.value},
    )
