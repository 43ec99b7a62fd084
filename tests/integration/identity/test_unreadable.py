"""One account of many whose key, or whose data, is damaged: it alone fails, and says what is to be done."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from xacthuc.grpckit.errors import DataLoss, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.status import translate
from xacthuc.identity.adapters.account_rows import AccountRows
from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.identity.adapters.sql_accounts import SqlFacts
from xacthuc.identity.adapters.tables import accounts, evidence
from xacthuc.identity.commands import EndAccount, LockAccount
from xacthuc.identity.domain.account import State
from xacthuc.identity.outages import TRANSLATIONS
from xacthuc.identity.usecases import decisions, lifecycle, locks
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, NextStep
from xacthuc.policy import Reason as Why
from xacthuc.sealing import UnsealError

PLATFORM = "forum"
GARBAGE = b"\x00" * 60


@pytest.fixture
async def three(bench):
    for at, account in enumerate(("a", "damaged", "z")):
        await bench.register(account)
        await bench.verify(account, bench.proof(account, f"+8491234567{at}"))


@pytest.fixture
def damage(engine, three):
    async def put(column, value=GARBAGE):
        of = column.table
        async with engine.begin() as connection:
            await connection.execute(update(of).where(of.c.account == "damaged").values({column.name: value}))

    return put


KEY, PERSON, NUMBER = account_keys.c.wrapped, accounts.c.person, evidence.c.number


@pytest.mark.parametrize("column", [KEY, PERSON], ids=str)
async def test_of_a_batch_it_alone_is_not_decided(bench, damage, column):
    await damage(column)
    asked = ("a", "damaged", "z")

    decided = await decisions.batch_check_actions(bench.identity, PLATFORM, asked, [Action.POST] * 3)

    assert [decision.reason for decision in decided] == [Why.VERIFIED, Why.UNREADABLE, Why.VERIFIED]
    assert (decided[1].allowed, decided[1].next_step) == (False, NextStep.CONTACT_PLATFORM)
    assert await bench.check("damaged", Action.POST) == decided[1]


@pytest.mark.parametrize("column", [KEY, PERSON, NUMBER], ids=str)
async def test_of_a_page_it_alone_says_that_it_is_damaged(bench, damage, column):
    await damage(column)

    page, *_ = await lifecycle.list_accounts(bench.identity, PLATFORM, "", 10)

    assert [view.state for view in page] == [State.VERIFIED, State.UNREADABLE, State.VERIFIED]
    assert page[1] == await get_account(bench.identity, PLATFORM, "damaged")
    assert (page[1].next_step, page[1].masked_number) == (NextStep.CONTACT_PLATFORM, "")


async def test_it_is_counted_and_logged_without_a_name(bench, damage, engine, capsys):
    counted = []
    await damage(KEY)
    rows = AccountRows(bench.identity.policy, bench.clock, lambda: counted.append(1))

    await SqlFacts(engine, bench.keys, rows).read(PLATFORM, ["a", "damaged"])

    assert counted == [1]
    assert "damaged" not in capsys.readouterr().err


@pytest.mark.parametrize("column", [KEY, PERSON], ids=str)
async def test_nothing_is_written_to_it_and_the_error_says_what_to_do(bench, damage, column):
    await damage(column)
    lock = LockAccount(order=bench.order("lock"), account_id="damaged", basis="order", expire_time=None)
    erase = EndAccount(order=bench.order("erase"), account_id="damaged")

    for write in (
        locks.lock_account(bench.identity, lock),
        lifecycle.erase_account(bench.identity, erase),
        bench.verify("damaged"),
    ):
        with pytest.raises(UnsealError) as refused:
            await write
        told = translate(refused.value, TRANSLATIONS)
        assert (type(told), told.reason) == (DataLoss, Reason.ACCOUNT_UNREADABLE)
        assert "restore" in told.message
    assert (await get_account(bench.identity, PLATFORM, "damaged")).update_time == bench.clock.now()


async def test_a_key_that_another_server_has_is_no_damage(bench, damage):
    """Version 7 of the ring is not here: whoever has it may be asked, so nothing is decided, and nothing cached."""
    await damage(KEY, b"\x07" + GARBAGE)

    with pytest.raises(UnsealError) as refused:
        await bench.check("damaged", Action.POST)

    assert isinstance(translate(refused.value, TRANSLATIONS), Unavailable)
