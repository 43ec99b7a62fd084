"""Who is to answer for children: registering them with a proven number, and telling what the guardian service must know."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import guardianship, numbers
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.facts import UNSUPERVISED, Life
from xacthuc.identity.domain.guardianship import GuardianRefusal, Guardianship, Relation, Unfit
from xacthuc.identity.domain.holders import holder
from xacthuc.identity.domain.numbers import NumberRefusal
from xacthuc.identity.domain.registration import Person, accept_time_fault, birth_date_fault, full_name_fault
from xacthuc.identity.ports.holders import NewRecord
from xacthuc.identity.ports.numbers import ProofUsed, Settled
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.identity.usecases.guardianships import refused
from xacthuc.identity.usecases.numbers import refused as number_refused

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import CheckGuardian, Order, RegisterGuardian
    from xacthuc.identity.domain.claims import Claim
    from xacthuc.identity.domain.holders import Coincidence, Holder
    from xacthuc.identity.domain.numbers import Claimant
    from xacthuc.identity.ports.numbers import Refusal
    from xacthuc.identity.usecases.identity import Identity


async def register_guardian(identity: Identity, command: RegisterGuardian) -> Holder:
    """Keeps who is to answer for a child, and the number that they proved for it (R16, R17)."""
    now, policy = identity.clock.now(), identity.policy
    person = _lawful(command, now)
    if not guardianship.is_of_age(Relation.GUARDIAN_NATURAL, person.birth_date, policy, now):
        raise refused(GuardianRefusal(command.link, Unfit.CHILD))
    account_id = await identity.shield.finish(_register(identity, command, person, now))
    return await get_holder(identity, command.order.platform, account_id)


async def check_guardian(identity: Identity, command: CheckGuardian) -> tuple[Unfit | None, frozenset[Coincidence]]:
    """Returns why somebody cannot come to answer for a child, and what both were proven to have used."""
    now, guardian = identity.clock.now(), command.guardian
    found = await identity.holders.match(command.platform, command.child_id, guardian.account_id, command.child_devices)
    wanted = Guardianship(guardians=(guardian,), supervision=UNSUPERVISED, version=1)
    judged = guardianship.refusal(
        found.child,
        {guardian.account_id: found.guardian},
        child_id=command.child_id,
        wanted=wanted,
        policy=identity.policy,
        now=now,
    )
    if judged is not None and not isinstance(judged, GuardianRefusal):
        raise refused(judged)
    return None if judged is None else judged.cause, found.coincidences


async def get_holder(identity: Identity, platform: str, account_id: str) -> Holder:
    """Returns what may be known of a holder elsewhere."""
    known = await identity.holders.find(platform, account_id)
    if known is None:
        raise not_found()
    return holder(account_id, known.facts, known.birth_date, identity.policy, identity.clock.now())


async def remind_account(identity: Identity, order: Order, account_id: str, due_time: datetime) -> None:
    """Has the platform told to ask an account for what it lacks."""
    life = await identity.shield.finish(identity.holders.remind(order, account_id, due_time, identity.clock.now()))
    if life is None:
        raise not_found()
    if life != Life.OPEN:
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE, "the account is closed: nobody is asked", metadata={"state": life}
        )
    identity.appended()


def _lawful(command: RegisterGuardian, now: datetime) -> Person:
    found = (
        full_name_fault(command.full_name),
        birth_date_fault(command.birth_date, now),
        accept_time_fault(command.consent.accept_time, now, "accept_time"),
    )
    faults = [FieldFault(fault.field, fault.description, fault.reason) for fault in found if fault is not None]
    birth_date = command.birth_date.on_calendar()
    if faults or birth_date is None:
        raise InvalidRequest(*faults)
    return Person(command.full_name, birth_date)


async def _register(identity: Identity, command: RegisterGuardian, person: Person, now: datetime) -> str:
    """Opens a record where there is no account, then proves the number for either as VerifyPhone does."""
    order, platform = command.order, command.order.platform
    account_id = command.account_id
    if not account_id:
        until = now + timedelta(days=identity.policy.retention.pending_days)
        new = NewRecord(person=person, consent=command.consent, number=command.proof.number, purge_time=until)
        account_id = await identity.holders.open_record(order, new, now)
    begun = await identity.verifications.begin(order, account_id, now)
    if begun.answer is None:
        if begun.account is None:
            raise refused(GuardianRefusal(command.link, Unfit.UNKNOWN))
        is_person = not command.account_id or await identity.holders.is_person(platform, account_id, person)
        await _prove(identity, command, account_id, now, is_person=is_person)
    await identity.follow(platform, (account_id,))
    return account_id


async def _prove(
    identity: Identity, command: RegisterGuardian, account_id: str, now: datetime, *, is_person: bool
) -> None:
    policy, proof = identity.policy, command.proof
    prove = partial(
        numbers.prove,
        verify_time=proof.verify_time,
        bounds=Bounds(policy.accounts_per_number, policy.number_moves),
        now=now,
        change=False,
    )

    def decide(claimant: Claimant) -> Claim | Refusal:
        # An account gets no number by a code that was for something else.
        if command.account_id and not claimant.same_number:
            return NumberRefusal.OTHER_NUMBER
        if not is_person:  # told to nobody but who has the account's number: names and dates are guessed otherwise
            raise refused(GuardianRefusal(command.link, Unfit.OTHER_PERSON))
        return prove(claimant)

    try:
        settled = await identity.verifications.settle(command.order, account_id, proof, decide, now)
    except ProofUsed:
        raise FailedPrecondition(
            Reason.PROOF_REDEEMED, "the proof was used by another request; verify the number again"
        ) from None
    if settled is NumberRefusal.OTHER_NUMBER:
        raise refused(GuardianRefusal(command.link, Unfit.OTHER_NUMBER))
    if not isinstance(settled, Settled):
        raise number_refused(settled)
    await identity.follow(command.order.platform, settled.changed)
