"""Each kind of data by its own clock, on PostgreSQL: kept to the last second, gone at the next, and neither while it is held.

All other times of a row say the opposite: long ago where it is to stay, and in the future where it is to go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import ARRAY, TIMESTAMP, Boolean, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from xacthuc.identity.adapters.retention.places import PLACES
from xacthuc.identity.adapters.retention.sweeping import ELSEWHERE, destroy
from xacthuc.identity.domain.retention import Data, plan
from xacthuc.policy import Policy

pytestmark = pytest.mark.rule("R49")
SECOND, YEARS = timedelta(seconds=1), timedelta(days=20 * 365)
RULES = {rule.data: rule for rule in plan(Policy.load())}
CLOCKS = {
    Data.LAPSED_EVIDENCE: "lapse_time",
    Data.ENDED_LOCK: "lift_time",
    Data.VIOLATION: "record_time",
    Data.LOCK_IDENTITY: "expire_time",
    Data.PROOF: "redeem_time",
    Data.NUMBER_MOVE: "move_time",
    Data.REQUEST: "create_time",
    Data.IMPORT_BATCH: "create_time",
    Data.SIGN_IN: "expire_time",
    Data.JOB_ATTEMPT: "end_time",
    Data.WEBHOOK_DELIVERY: "create_time",
    Data.APPROVAL: "end_time",
    Data.HOLD: "release_time",
    Data.SUBJECT_REQUEST: "end_time",
    Data.BREACH: "notify_time",
    Data.CASE: "close_time",
    Data.RECONCILIATION: "end_time",
    Data.FINDING: "create_time",
    Data.RELEASE: "end_time",
    Data.NUMBER_LIST: "update_time",
    Data.HELD_SESSION: "time",
    Data.ERASURE: "complete_time",
}
"""What the plan says in words (`starts`), as a column: once more, so that a wrong one shows."""
OTHERWISE = ELSEWHERE | {Data.EVENT}
"""Events are forgotten from the front, in the order of their positions (`test_housekeeping.py`)."""
VALUES = {Boolean: "false", Integer: "ascii(reverse(:name))", JSONB: "'{}'", ARRAY: "'{}'", Text: ":name"}
"""What a column has that needs something; any other one has bytes."""


class Rows:
    """Rows of one kind in their table, each with a name in it."""

    def __init__(self, look, data: Data) -> None:
        self.look, self.table, self.clock = look, PLACES[data].table, CLOCKS[data]
        # Emptied of the number, and one no longer; a lock that was not lifted runs out by itself.
        self.wanted = {"number"} if data is Data.LAPSED_EVIDENCE else set()
        self.runs_out = {"expire_time"} if data is Data.ENDED_LOCK else set()

    async def add(self, name: str, clock: datetime | None, others: datetime) -> None:
        """Adds a row whose clock began then, or did not, and whose other times are all another one."""
        values = {each.name: self._value(each, clock) for each in self.table.c}
        given = {column: value for column, value in values.items() if value}
        sql = f"INSERT INTO {self.table} ({', '.join(given)}) VALUES ({', '.join(given.values())})"
        bound = {"name": name, "clock": clock, "others": others}
        await self.look(f"{sql} RETURNING 1", **{key: value for key, value in bound.items() if f":{key}" in sql})

    def _value(self, column, clock: datetime | None) -> str:
        if column.name == self.clock:
            return ":clock" if clock else ""
        if isinstance(column.type, TIMESTAMP):
            return "" if clock is None and column.name in self.runs_out else ":others"
        if column.name == "platform":
            return "'forum'"
        if column.server_default is not None or (column.nullable and column.name not in self.wanted):
            return ""
        return next((value for of, value in VALUES.items() if isinstance(column.type, of)), "decode(md5(:name), 'hex')")

    async def names(self) -> set[str]:
        """Returns whose rows are there, with all that is to be destroyed of them."""
        there = " AND ".join(f"{column} IS NOT NULL" for column in self.wanted) or "true"
        rows = await self.look(f"SELECT kept::text AS row FROM {self.table} AS kept WHERE {there}")
        return {name for name in ("early", "over", "held", "open") if any(name in each.row for each in rows)}


async def hold(look, account: str) -> None:
    await look(
        "INSERT INTO identity.holds (platform, hold, authority, legal_basis, reference, review_time, place_actor, place_time)"
        " VALUES ('forum', 'h', '', '', '', now(), '', now()) RETURNING 1"
    )
    await look(
        "INSERT INTO identity.held_accounts (platform, account, hold, place_time)"
        " VALUES ('forum', :account, 'h', now()) RETURNING 1",
        account=account,
    )


def test_every_kind_is_looked_at():
    assert CLOCKS.keys() | OTHERWISE == RULES.keys()
    assert not CLOCKS.keys() & OTHERWISE


@pytest.mark.parametrize("data", CLOCKS)
async def test_what_is_kept_goes_at_its_second_and_stays_while_it_is_held(bench, engine, look, data):
    rule, rows, now = RULES[data], Rows(look, data), bench.clock.now()
    due = rule.term.before(now)
    assert rule.term.after(due) == now
    await hold(look, "held")
    await rows.add("early", due + SECOND, now - YEARS)
    await rows.add("over", due - SECOND, now + YEARS)
    await rows.add("held", due - SECOND, now + YEARS)
    never = {"open"} if rows.table.c[rows.clock].nullable else set()
    for name in never:
        await rows.add(name, None, now - YEARS)
    stays = never | ({"held"} if rule.held else set())

    await destroy(engine, RULES.values(), now)
    before = await rows.names()
    await destroy(engine, RULES.values(), now + 2 * SECOND)
    after = await rows.names()
    await look("UPDATE identity.holds SET release_time = now() WHERE hold = 'h' RETURNING 1")
    await destroy(engine, RULES.values(), now + 2 * SECOND)

    assert (before, after) == ({"early"} | stays, stays)
    assert await rows.names() == never
