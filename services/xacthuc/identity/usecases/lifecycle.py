"""Correcting, closing and erasing accounts, and listing them with what their holders agreed to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.account import State, view
from xacthuc.identity.domain.lifecycle import Bar, corrected, purge_time_at_end
from xacthuc.identity.domain.registration import Person, birth_date_fault, full_name_fault
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from xacthuc.identity.commands import CorrectAccount, EndAccount, Order
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.lifecycle import Correction
    from xacthuc.identity.ports.lifecycle import ConsentRecord
    from xacthuc.identity.ports.numbers import Settled
    from xacthuc.identity.usecases.identity import Identity

    Outcome: TypeAlias = Settled | Bar | None


async def correct_account(identity: Identity, command: CorrectAccount) -> AccountView:
    """Puts right what is known of the holder."""
    now, policy, given = identity.clock.now(), identity.policy, command.birth_date
    found = (full_name_fault(command.full_name), None if given is None else birth_date_fault(given, now))
    if faults := [FieldFault(fault.field, fault.description, fault.reason) for fault in found if fault is not None]:
        raise InvalidRequest(*faults)
    right = Person(command.full_name, None if given is None else given.on_calendar())

    def decide(facts: Facts, known: Person) -> Correction:
        return corrected(known, right, facts, policy, now)

    work = identity.lifecycle.correct(command.order, command.account_id, decide, now)
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def close_account(identity: Identity, command: EndAccount) -> AccountView:
    """Ends an account; what is kept of it is kept for the statutory time at most."""
    now = identity.clock.now()
    until = partial(purge_time_at_end, ended=now, policy=identity.policy)
    work = identity.lifecycle.close(command.order, command.account_id, until, now)
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def erase_account(identity: Identity, command: EndAccount) -> AccountView:
    """Destroys what may be destroyed, and seals away the rest until its time."""
    now = identity.clock.now()
    until = partial(purge_time_at_end, ended=now, policy=identity.policy)
    work = identity.lifecycle.erase(command.order, command.account_id, until, now)
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def list_accounts(
    identity: Identity, platform: str, after: str, limit: int
) -> tuple[Sequence[AccountView], str, str]:
    """Returns a page of accounts behind the id `after`, what to ask the next page with, and where to watch from.

    The next one is empty at the end, the cursor on all pages but the first. It is read before the accounts are, so that
    whatever changes meanwhile is told.
    """
    cursor = "" if after else await identity.events.cursor()
    (found, next_after), now = await identity.account_list.page(platform, after, limit), identity.clock.now()
    return [view(account, now) for account in found], next_after, cursor


async def list_consents(identity: Identity, platform: str, account_id: str) -> Sequence[ConsentRecord]:
    """Returns what the holder of an account agreed to and confirmed (R13)."""
    found = await identity.account_list.consents(platform, account_id)
    if found is None:
        raise not_found()
    return found


async def carry_out(identity: Identity, order: Order, work: Awaitable[Outcome]) -> AccountView:
    """Does the work, lets everybody know of it, and returns what is answered."""
    outcome = await work
    if outcome is None:
        raise not_found()
    if isinstance(outcome, Bar):
        raise _barred(outcome)
    await identity.follow(order.platform, outcome.changed)
    return outcome.answer


def _barred(bar: Bar) -> FailedPrecondition | NotFound:
    if bar is Bar.NOT_LOCKED:
        return FailedPrecondition(Reason.ACCOUNT_STATE, "the account is not locked", metadata={"bar": bar.value})
    if bar is Bar.TWO_PEOPLE:
        return FailedPrecondition(
            Reason.ACCOUNT_STATE,
            "two people granted this lock, and two lift it: xacthuc approvals propose mass-unlock",
            metadata={"bar": bar.value},
        )
    if bar is Bar.NO_VIOLATION:
        return NotFound(Reason.VIOLATION_NOT_FOUND, "no such violation stands; it was withdrawn, or never recorded")
    state = State.CLOSED if bar is Bar.ENDED else State.ERASURE_SCHEDULED
    return FailedPrecondition(
        Reason.ACCOUNT_STATE,
        "the account is closed or erased; who comes back registers under a new id",
        metadata={"state": state.value, "next_step": NextStep.CONTACT_PLATFORM.value},
    )
