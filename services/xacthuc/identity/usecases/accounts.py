"""Registering and reading accounts, and deciding about them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import AlreadyExists, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.registration import accept_time_fault, birth_date_fault, full_name_fault, person_of
from xacthuc.identity.ports.accounts import NewAccount

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.identity.commands import Order, RegisterAccount
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.usecases.identity import Identity


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
        purge_time=now + timedelta(days=policy.retention.pending_days) if child else None,
        consent=command.consent,
    )
    answer = await identity.shield.finish(_register(identity, command.order, new, now))
    if answer is None:
        raise AlreadyExists(
            Reason.ACCOUNT_ALREADY_EXISTS, "the account is registered already, by another request; read it instead"
        )
    return answer


async def get_account(identity: Identity, platform: str, account_id: str) -> AccountView:
    """Returns an account as it stands now."""
    account = await identity.accounts.get(platform, account_id)
    if account is None:
        raise not_found()
    return view(account, identity.clock.now())


async def _register(identity: Identity, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
    answer = await identity.accounts.register(order, new, now)
    if answer is not None:
        await identity.follow(order.platform, (new.account_id,))
    return answer


def _lawful(command: RegisterAccount, now: datetime) -> date:
    """Returns the birth date when everything given can be; InvalidRequest naming every faulty field otherwise."""
    found = (
        full_name_fault(command.full_name),
        birth_date_fault(command.birth_date, now),
        accept_time_fault(command.consent.accept_time, now),
    )
    faults = [FieldFault(fault.field, fault.description, fault.reason) for fault in found if fault is not None]
    birth_date = command.birth_date.on_calendar()
    if faults or birth_date is None:
        raise InvalidRequest(*faults)
    return birth_date


def not_found() -> NotFound:
    """Returns what a caller is told of an account that nobody registered."""
    return NotFound(Reason.ACCOUNT_NOT_FOUND, "the account is not registered; call RegisterAccount first")
