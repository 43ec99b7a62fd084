"""Reading accounts and their evidence from their rows, within somebody's transaction."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from xacthuc.identity.adapters.tables import accounts, evidence
from xacthuc.identity.domain.account import NOT_REGISTERED, Account, Evidence, EvidenceKind, Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.personal import PersonalData


class LapseReason(StrEnum):
    """Why evidence stopped to stand."""

    RENEWED = "RENEWED"
    """The same was proven again; nothing is in doubt."""
    MOVED = "MOVED"
    """Another account proved possession of the number (R30)."""


_OF_ACCOUNT = and_(evidence.c.platform == accounts.c.platform, evidence.c.account == accounts.c.account)
_WITH_EVIDENCE = accounts.outerjoin(evidence, _OF_ACCOUNT)
_COLUMNS = (
    accounts.c.person,
    accounts.c.create_time,
    accounts.c.update_time,
    evidence.c.kind,
    evidence.c.source,
    evidence.c.verify_time,
    evidence.c.number,
    evidence.c.number_index,
    evidence.c.lapse_time,
    evidence.c.lapse_reason,
)


async def read_account(
    connection: AsyncConnection, personal: PersonalData, platform: str, account_id: str
) -> Account | None:
    """Returns an account, or None when there is none."""
    rows = (await connection.execute(_select(platform, account_id))).all()
    return account_of(rows, personal, platform, account_id) if rows else None


async def read_facts(connection: AsyncConnection, personal: PersonalData, platform: str, account_id: str) -> Facts:
    """Returns an account's facts. Of what is sealed it opens the person alone, for the date a child turns 16."""
    rows = (await connection.execute(_select(platform, account_id))).all()
    return _account(rows, personal, platform, account_id, "").facts if rows else NOT_REGISTERED


def account_of(rows: Sequence[Row[Any]], personal: PersonalData, platform: str, account_id: str) -> Account:
    """Returns the account whose rows, one per evidence, these are."""
    numbers = [row.number for row in rows if row.number is not None and row.lapse_time is None]
    masked = personal.masked_number(platform, account_id, numbers[-1]) if numbers else ""
    return _account(rows, personal, platform, account_id, masked)


def _account(
    rows: Sequence[Row[Any]], personal: PersonalData, platform: str, account_id: str, masked_number: str
) -> Account:
    first = rows[0]
    return Account(
        account_id=account_id,
        child_until=personal.child_until(platform, account_id, first.person),
        evidence=tuple(
            Evidence(kind=EvidenceKind(row.kind), verify_time=row.verify_time, source=row.source)
            for row in rows
            if row.kind is not None and row.lapse_time is None
        ),
        lapsed=any(row.lapse_reason == LapseReason.MOVED for row in rows),
        masked_number=masked_number,
        create_time=first.create_time,
        update_time=first.update_time,
    )


def _select(platform: str, account_id: str) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .select_from(_WITH_EVIDENCE)
        .where(accounts.c.platform == platform, accounts.c.account == account_id)
        .order_by(evidence.c.id)
    )
