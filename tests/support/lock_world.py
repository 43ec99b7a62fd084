"""Locks, violations and proofs as tests give them, on the shipped adapters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from xacthuc.identity.adapters.tables import metadata
from xacthuc.identity.commands import (
    EndAccount,
    Given,
    LockAccount,
    RecordViolation,
    UnlockAccount,
    VerifyPersonalId,
    WithdrawViolation,
)
from xacthuc.identity.domain.personal_ids import Ground
from xacthuc.identity.domain.violations import Authority, RemovalOrder
from xacthuc.identity.usecases import lifecycle, locks
from xacthuc.identity.usecases.personal_ids import verify_personal_id
from xacthuc.policy import Action

AN = "Trần Thị An"
ORDER = RemovalOrder(authority=Authority.SOCIAL_NETWORKS, order_number="12/PTTH", national_security=False)


class LockWorld:
    """The verbs about locks, with every field filled in."""

    def __init__(self, bench: Any) -> None:
        self.bench, self.identity = bench, bench.identity

    async def holder(self, account: str, number: str = "", name: str = AN) -> str:
        """Registers an account, with a number that is proven."""
        await self.bench.register(account, name=name)
        if number:
            await self.bench.verify(account, self.bench.proof(account, number))
        return account

    async def prove_id(self, account: str, personal_id: str = "000090000000") -> Any:
        order = self.bench.order(personal_id, "VerifyPersonalId")
        given = Given(ground=Ground.COMMERCE, confirmation=None)
        command = VerifyPersonalId(order=order, account_id=account, personal_id=personal_id, given=given)
        return await verify_personal_id(self.identity, command)

    async def lock(self, account: str, basis: str = "order 1", days: int | None = None) -> Any:
        end = None if days is None else self.bench.clock.now() + timedelta(days=days)
        order = self.bench.order(f"{basis}{days}", "LockAccount")
        return await locks.lock_account(
            self.identity, LockAccount(order=order, account_id=account, basis=basis, expire_time=end)
        )

    async def unlock(self, account: str, basis: str = "withdrawn") -> Any:
        order = self.bench.order(basis, "UnlockAccount")
        return await locks.unlock_account(self.identity, UnlockAccount(order=order, account_id=account, basis=basis))

    async def violate(self, account: str, ago: timedelta = timedelta(0), removal: RemovalOrder = ORDER) -> Any:
        order = self.bench.order(f"{ago}{removal}", "RecordViolation")
        when = self.bench.clock.now() - ago
        command = RecordViolation(order=order, account_id=account, removal=removal, violate_time=when)
        return await locks.record_violation(self.identity, command)

    async def withdraw(self, account: str, violation: int) -> Any:
        order = self.bench.order(str(violation), "WithdrawViolation")
        command = WithdrawViolation(order=order, account_id=account, violation_id=violation, basis="mistaken")
        return await locks.withdraw_violation(self.identity, command)

    async def end(self, verb: str, account: str) -> Any:
        """`close` or `erase`."""
        order = self.bench.order(account, verb)
        return await getattr(lifecycle, f"{verb}_account")(self.identity, EndAccount(order=order, account_id=account))

    async def writes(self, account: str) -> bool:
        """Whether the account may post, as readers of the cache are told."""
        return (await self.bench.check(account, Action.POST)).allowed


async def rows(engine: Any, table: str) -> Any:
    """Returns every row of a table of identity."""
    async with engine.connect() as connection:
        return (await connection.execute(select(metadata.tables[f"identity.{table}"]))).all()
