"""Tables of holds and of erasures, on the metadata of schema `identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Table, exists, select, text

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import facts, flag, instant, number, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, FromClause
    from sqlalchemy.ext.asyncio import AsyncConnection

# An order to keep what there is of some accounts.
holds = Table(
    "holds",
    metadata,
    word("platform", primary_key=True),
    # The request that placed it.
    word("hold", primary_key=True),
    word("authority"),
    word("legal_basis"),
    # Of the written order, in the authority's own files.
    word("reference"),
    instant("review_time"),
    word("place_actor"),
    instant("place_time"),
    # Empty while it holds.
    instant("release_time", nullable=True),
    word("release_basis", nullable=True),
    word("release_actor", nullable=True),
    Index("holds_standing", "review_time", postgresql_where=text("release_time IS NULL")),
    Index("holds_released", "release_time", postgresql_where=text("release_time IS NOT NULL")),
)

held_accounts = Table(
    "held_accounts",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    word("hold", primary_key=True),
    instant("place_time"),
    ForeignKeyConstraint(
        ["platform", "hold"],
        ["identity.holds.platform", "identity.holds.hold"],
        "held_accounts_hold",
        ondelete="CASCADE",
    ),
    Index("held_accounts_hold", "platform", "hold", "account"),
)

# The evidence of each erasure, from when it was wanted.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    word("platform"),
    word("account"),
    # Which clock: REQUESTED, CLOSED or PENDING.
    word("cause"),
    instant("want_time"),
    # When what the law orders kept was sealed apart, and when the account's own key was destroyed.
    instant("seal_time", nullable=True),
    instant("key_time", nullable=True),
    # From then on nothing stops it any more; a hold comes too late.
    instant("begin_time", nullable=True),
    instant("end_time", nullable=True),
    # How many rows of which table.
    facts("destroyed"),
    # When the last acknowledgement had come, too.
    instant("complete_time", nullable=True),
    Index("erasures_account", "platform", "account"),
    Index("erasures_open", "platform", "account", unique=True, postgresql_where=text("end_time IS NULL")),
    Index("erasures_complete", "complete_time", postgresql_where=text("complete_time IS NOT NULL")),
)

erasure_acknowledgements = Table(
    "erasure_acknowledgements",
    metadata,
    Column("erasure", BigInteger, primary_key=True),
    word("service", primary_key=True),
    instant("due_time"),
    instant("acknowledge_time", nullable=True),
    # Until when the service has to keep the rest by a law of its own; empty where nothing is left.
    instant("keep_until", nullable=True),
    ForeignKeyConstraint(["erasure"], ["identity.erasures.id"], "erasure_acknowledgements_erasure", ondelete="CASCADE"),
    Index("erasure_acknowledgements_due", "due_time", postgresql_where=text("acknowledge_time IS NULL")),
)


# What a person demanded of their data, and what was done about it.
subject_requests = Table(
    "subject_requests",
    metadata,
    word("platform", primary_key=True),
    word("request", primary_key=True),
    word("account"),
    word("demand"),
    flag("elsewhere"),
    instant("receive_time"),
    instant("acknowledge_due_time"),
    instant("due_time"),
    instant("acknowledge_time", nullable=True),
    instant("extend_time", nullable=True),
    word("extend_reason"),
    instant("end_time", nullable=True),
    word("refusal_basis"),
    Index("subject_requests_account", "platform", "account"),
    Index("subject_requests_open", "due_time", postgresql_where=text("end_time IS NULL")),
    Index("subject_requests_ended", "end_time", postgresql_where=text("end_time IS NOT NULL")),
)

# Breaches of the protection of personal data, and the draft of the notice; nothing of a person.
breaches = Table(
    "breaches",
    metadata,
    word("breach", primary_key=True),
    instant("detect_time"),
    instant("due_time"),
    word("nature"),
    word("data_kinds"),
    number("subject_count"),
    word("consequences"),
    word("measures"),
    word("contact"),
    instant("notify_time", nullable=True),
    word("reference"),
)


# Orders of authorities and complaints of users, by when they are to be dealt with; nothing of a person.
cases = Table(
    "cases",
    metadata,
    word("platform", primary_key=True),
    # The request that opened it.
    word("case_id", primary_key=True),
    word("kind"),
    word("reference"),
    flag("emergency"),
    instant("receive_time"),
    instant("due_time"),
    instant("close_time", nullable=True),
    word("outcome"),
    Index("cases_open", "due_time", postgresql_where=text("close_time IS NULL")),
    Index("cases_closed", "close_time", postgresql_where=text("close_time IS NOT NULL")),
)


async def held_of(connection: AsyncConnection, platform: str, account_ids: Sequence[str]) -> frozenset[str]:
    """Returns those of the accounts that a hold stands on."""
    of = held_accounts.c
    found = await connection.scalars(
        select(of.account).where(of.platform == platform, of.account.in_(account_ids), is_held(held_accounts))
    )
    return frozenset(found)


def is_held(table: FromClause) -> ColumnElement[bool]:
    """Returns whether a hold stands on the account of a row; true or false for good while the account is locked."""
    standing = (
        (held_accounts.c.platform == table.c.platform)
        & (held_accounts.c.account == table.c.account)
        & (holds.c.platform == held_accounts.c.platform)
        & (holds.c.hold == held_accounts.c.hold)
        & holds.c.release_time.is_(None)
    )
    return exists().where(standing)
