"""A child and its parents at identity, and what the guardian service says of them."""

from __future__ import annotations

import pytest

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.identity.commands import LockAccount, PutGuardianship, UnlockAccount
from xacthuc.identity.domain.facts import Supervision
from xacthuc.identity.domain.guardianship import Guardian, Guardianship, Relation
from xacthuc.identity.usecases import locks
from xacthuc.identity.usecases.guardianships import put_guardianship
from xacthuc.policy import Action

CHILD_BORN = (2015, 1, 2)
ALL = Supervision(0, suspended=False, actions=frozenset(Action), quiet_from=0, quiet_to=0)
NUMBERS = {"mother": "+84912345671", "father": "+84912345672"}


class Family:
    """A child and its parents, and what the guardian service says of them."""

    def __init__(self, bench):
        self.bench = bench

    def guardian(self, account_id, **changes):
        usual = {
            "link": f"links/{account_id}",
            "account_id": account_id,
            "relation": Relation.MOTHER,
            "start_time": self.bench.clock.now(),
        }
        return Guardian(**{**usual, **changes})

    async def put(self, version, *guardians, supervision=ALL, child="child", order=None):
        answering = tuple(each if isinstance(each, Guardian) else self.guardian(each) for each in guardians)
        wanted = Guardianship(guardians=answering, supervision=supervision, version=version)
        payload = repr((version, [each.link for each in answering], supervision))
        command = PutGuardianship(
            order=order or self.bench.order(payload, "PutGuardianship"), child_id=child, guardianship=wanted
        )
        return await put_guardianship(self.bench.identity, command)

    async def refusal(self, *guardians, child="child"):
        with pytest.raises(FailedPrecondition) as refused:
            await self.put(1, *guardians, child=child)
        return refused.value

    async def lock(self, account_id, until=None):
        order = self.bench.order(repr(until), "LockAccount")
        command = LockAccount(order=order, account_id=account_id, basis="order 1", expire_time=until)
        await locks.lock_account(self.bench.identity, command)

    async def unlock(self, account_id):
        order = self.bench.order(account_id, "UnlockAccount")
        command = UnlockAccount(order=order, account_id=account_id, basis="order 2")
        await locks.unlock_account(self.bench.identity, command)

    async def may_post(self):
        return (await self.bench.check("child", Action.POST)).reason


async def family_of(bench):
    """A child that nobody answers for yet, and its parents, who are verified."""
    await bench.register("child", born=CHILD_BORN)
    for parent, number in NUMBERS.items():
        await bench.register(parent)
        await bench.verify(parent, bench.proof(parent, number))
    return Family(bench)


@pytest.fixture
async def family(bench):
    return await family_of(bench)
