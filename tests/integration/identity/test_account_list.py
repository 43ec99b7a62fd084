"""Listing accounts while some of them go."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete

from xacthuc.identity.adapters.account_keys import AccountKeys
from xacthuc.identity.adapters.sql_account_list import SqlAccountList
from xacthuc.identity.adapters.tables import accounts

PLATFORM = "forum"


class KeysBesideAPurge(AccountKeys):
    """The keys of a database where an account is dropped after its id was read and before its rows are."""

    def __init__(self, bench, engine, dropped):
        super().__init__(bench.keys._engine, bench.keys._wrapper)
        self._accounts = engine
        self._dropped = dropped

    async def get_many(self, platform, account_ids):
        async with self._accounts.begin() as connection:
            await connection.execute(delete(accounts).where(accounts.c.account == self._dropped))
        return await super().get_many(platform, account_ids)


async def test_an_account_that_goes_meanwhile_does_not_end_the_list(bench, engine):
    for account in ("a", "b", "c"):
        await bench.register(account)
    listed = SqlAccountList(replace(bench.database, keys=KeysBesideAPurge(bench, engine, "a")))

    found, next_after = await listed.page(PLATFORM, "", 2)

    assert ([account.account_id for account in found], next_after) == (["b"], "b")
    assert [account.account_id for account in (await listed.page(PLATFORM, next_after, 2))[0]] == ["c"]
