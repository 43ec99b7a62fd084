"""The queries for what is known of accounts: of one, of many, and of who answers for children among them.

Equality with a value lets PostgreSQL look into one partition alone. A list would make it look into all, or read tables
from end to end. So many accounts are looked up one after the other within the query: what is below an OFFSET is not
pulled up (optimizer/plan/subquery_planner), is run for each account, and then knows its partition. For 500 accounts that
takes a quarter of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, bindparam, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.tables import accounts, evidence, guardians, locks, personal_id_checks, supervisions
from xacthuc.identity.domain.facts import EvidenceKind, Life

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Select, TableValuedAlias
    from sqlalchemy.ext.asyncio import AsyncConnection

_PLATFORM: Final = bindparam("platform", type_=Text)


def _known_of(account: FromClause, proven: FromClause, supervision: FromClause) -> Select[Any]:
    """Returns the columns, one row per evidence; the rows come from the caller."""
    open_lock = _open_lock(account)
    # Of the lock that holds longest, the latest one of equals.
    lock_basis = select(locks.c.basis).order_by(locks.c.expire_time.desc().nulls_first(), locks.c.id.desc()).limit(1)
    # Counted, not tested for existence: for that, PostgreSQL may hash the whole table.
    checks = select(func.count() > 0).where(
        personal_id_checks.c.platform == account.c.platform, personal_id_checks.c.account == account.c.account
    )
    return select(
        account.c.account,
        account.c.kind.label("whose"),
        account.c.person,
        account.c.complete,
        account.c.life,
        account.c.purge_time,
        account.c.transition_until,
        account.c.create_time,
        account.c.update_time,
        _locked_until(account),
        lock_basis.where(open_lock).correlate(account).scalar_subquery().label("lock_basis"),
        checks.correlate(account).select_from(personal_id_checks).scalar_subquery().label("asked"),
        supervision.c.suspended,
        supervision.c.actions,
        supervision.c.quiet_from,
        supervision.c.quiet_to,
        proven.c.kind,
        proven.c.source,
        proven.c.level,
        proven.c.verify_time,
        proven.c.number,
        proven.c.lapse_time,
        proven.c.lapse_reason,
    ).order_by(account.c.account, proven.c.id)


def _open_lock(account: FromClause) -> ColumnElement[bool]:
    of = locks.c
    return (of.platform == account.c.platform) & (of.account == account.c.account) & of.lift_time.is_(None)


def _locked_until(account: FromClause) -> ColumnElement[Any]:
    """Returns when the lock ends that holds longest, which may be over; nothing where there is none."""
    ends = func.max(func.coalesce(locks.c.expire_time, literal_column("'infinity'::timestamptz")))
    return select(ends).where(_open_lock(account)).correlate(account).scalar_subquery().label("locked_until")


def _wanted(name: str) -> TableValuedAlias:
    return func.unnest(bindparam(name, type_=ARRAY(Text))).table_valued("account", name="wanted").render_derived()


def _each(table: FromClause, *conditions: ColumnElement[bool]) -> FromClause:
    """Returns what is looked up for each row to the left."""
    return select(table).where(table.c.platform == _PLATFORM, *conditions).offset(literal_column("0")).lateral()


def _one() -> Select[Any]:
    of_account = and_(evidence.c.platform == accounts.c.platform, evidence.c.account == accounts.c.account)
    of_child = and_(supervisions.c.platform == accounts.c.platform, supervisions.c.child == accounts.c.account)
    return (
        _known_of(accounts, evidence, supervisions)
        .select_from(accounts.outerjoin(evidence, of_account).outerjoin(supervisions, of_child))
        .where(accounts.c.platform == _PLATFORM, accounts.c.account == bindparam("account"))
    )


def _many() -> Select[Any]:
    wanted = _wanted("accounts")
    account = _each(accounts, accounts.c.account == wanted.c.account)
    proven = _each(evidence, evidence.c.account == wanted.c.account)
    supervision = _each(supervisions, supervisions.c.child == wanted.c.account)
    rows = wanted.join(account, true()).outerjoin(proven, true()).outerjoin(supervision, true())
    return _known_of(account, proven, supervision).select_from(rows)


def _guarding() -> Select[Any]:
    wanted = _wanted("children")
    guardian = _each(guardians, guardians.c.child == wanted.c.account, guardians.c.of_age)
    account = _each(
        accounts, accounts.c.account == guardian.c.account, accounts.c.life == Life.OPEN, accounts.c.complete
    )
    proven = _each(
        evidence,
        evidence.c.account == guardian.c.account,
        evidence.c.kind.in_((EvidenceKind.PHONE, EvidenceKind.PERSONAL_ID)),
        evidence.c.lapse_time.is_(None),
    )
    return select(guardian.c.child, proven.c.kind, proven.c.verify_time, _locked_until(account)).select_from(
        wanted.join(guardian, true()).join(account, true()).join(proven, true())
    )


ONE: Final = _one()
"""Of `account`."""

MANY: Final = _many()
"""Of `accounts`, each named once."""

GUARDING: Final = _guarding()
"""Who answers for `children`, with what stands proven of each: who lost it, left, or is not of age answers for nobody."""


async def life_of(connection: AsyncConnection, platform: str, account_id: str) -> str | None:
    """Returns whether an account is open, closed and so on; None when there is no such account."""
    found: str | None = await connection.scalar(
        select(accounts.c.life).where(accounts.c.platform == platform, accounts.c.account == account_id)
    )
    return found
