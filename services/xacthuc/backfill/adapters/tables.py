"""The tables of schema `backfill`. The migrations make them; a test proves that both say the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Date, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from xacthuc.audit.trail import Trail
from xacthuc.jobs.queue import JobQueue
from xacthuc.sql.columns import digest, instant, number, sealed, word
from xacthuc.sql.following import cursors_table
from xacthuc.sql.requests import requests_table

SCHEMA: Final = "backfill"

metadata = MetaData(schema=SCHEMA)


def _small(name: str, *, primary_key: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=primary_key, autoincrement=False, nullable=False)


# Who decides for accounts of a campaign locks its row.
campaigns = Table(
    "campaigns",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    word("state"),
    # As `adapters.plans` spells it.
    Column("plan", JSONB, nullable=False),
    # Accounts that were erased since they were added.
    number("erased"),
    # Up to when the pace of the providers is used up.
    instant("pace_time", nullable=True),
    instant("create_time"),
    instant("start_time", nullable=True),
    instant("close_time", nullable=True),
    # When the numbers of its accounts were destroyed.
    instant("empty_time", nullable=True),
    Column("reason", Text, nullable=False),
    # The `traceparent` of the call that started it, when that was recorded.
    word("trace", nullable=True),
)

waves = Table(
    "waves",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    _small("wave", primary_key=True),
    word("state"),
    word("hold_reason"),
    # When it was opened last: what it is judged by came after that.
    instant("open_time", nullable=True),
    # What is known of it (`domain.campaign.WaveProgress`), and since when.
    number("ripe"),
    number("verified"),
    number("ended"),
    number("failed"),
    number("canary_left"),
    instant("count_time", nullable=True),
)

targets = Table(
    "targets",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    word("account", primary_key=True),
    word("class"),
    _small("spot"),
    # What stands for its number, and the number itself: both only as long as a notice may go there.
    digest("person", nullable=True),
    sealed("number", nullable=True),
    word("state"),
    # The last wave that it entered, and what was done last in it.
    _small("wave"),
    word("step", nullable=True),
    instant("step_time", nullable=True),
    # What is being done about it: the wave and the step.
    Column("doing_wave", Integer, nullable=True),
    word("doing", nullable=True),
    # When it is looked at; while something is being done, when whoever does it is taken for dead. Empty: of itself never.
    instant("due_time", nullable=True),
    # The wave whose opening it waits for.
    Column("parked", Integer, nullable=True),
    # Since when it is verified, gone, restricted, or none of these.
    instant("state_time"),
    # When identity is asked where it stands, because something happened to it.
    instant("review_time", nullable=True),
    # The approval by which its transition is ended, written before identity is told to, and what identity said then.
    word("restriction", nullable=True),
    word("restriction_outcome", nullable=True),
    Index("targets_review", "review_time", postgresql_where=text("review_time IS NOT NULL")),
    Index("targets_due", "platform", "campaign", "due_time", postgresql_where=text("due_time IS NOT NULL")),
    Index("targets_parked", "platform", "campaign", "parked", postgresql_where=text("parked IS NOT NULL")),
    Index("targets_spot", "platform", "campaign", "spot"),
    Index("targets_account", "platform", "account"),
    Index("targets_open", "platform", "campaign", postgresql_where=text("state = 'OPEN'")),
    Index("targets_person", "platform", "campaign", "person", postgresql_where=text("person IS NOT NULL")),
)

# What an account was asked in a wave.
asks = Table(
    "asks",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    _small("wave", primary_key=True),
    word("account", primary_key=True),
    instant("event_time", nullable=True),
    instant("notice_time", nullable=True),
    # The day on which it was paid, and its price: that of the dearest provider until it is known who carried it.
    Column("pay_day", Date, nullable=True),
    number("vnd"),
    # What otp calls the notice, who carried it, and what became of it (`domain.receipts.Ending`).
    word("notice", nullable=True),
    word("provider", nullable=True),
    word("ending", nullable=True),
    Index("asks_notice", "platform", "notice", postgresql_where=text("notice IS NOT NULL")),
    Index("asks_account", "platform", "account"),
)

# What was heard of notices, until it is written where it belongs. Those that other services sent, and some that are told of
# before whoever sent them has written down what they are called, belong nowhere yet.
receipts = Table(
    "receipts",
    metadata,
    word("platform", primary_key=True),
    word("notice", primary_key=True),
    # As `domain.receipts.Word` names it.
    word("word", primary_key=True),
    word("provider"),
    number("vnd"),
    # When it is looked at again.
    instant("look_time"),
    instant("create_time"),
    Index("receipts_look", "look_time"),
    Index("receipts_age", "create_time"),
)

# What was sent to a number, whatever accounts it was about.
people = Table(
    "people",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    digest("person", primary_key=True),
    _small("notices"),
    instant("last_time", nullable=True),
    # For which account a notice is on its way.
    word("account", nullable=True),
)

# What each day cost: paid before anything is sent.
spends = Table(
    "spends",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    Column("day", Date, primary_key=True),
    number("notices"),
    number("vnd"),
)

# Accounts of a campaign that are made read-only by an approval.
restrictions = Table(
    "restrictions",
    metadata,
    word("platform", primary_key=True),
    word("campaign", primary_key=True),
    word("approval", primary_key=True),
    word("state"),
    # What two people agreed to: so many accounts, as they stood then.
    number("accounts"),
    instant("as_of_time"),
    # How many identity is told about, of how many it ended the transition, and how many have it back.
    number("taken"),
    number("ended"),
    number("restored"),
    instant("create_time"),
    instant("end_time", nullable=True),
    # Why it was undone.
    Column("reason", Text, nullable=False),
)

requests = requests_table(metadata)
cursors = cursors_table(metadata)
jobs = JobQueue(metadata)
trail = Trail(metadata)
