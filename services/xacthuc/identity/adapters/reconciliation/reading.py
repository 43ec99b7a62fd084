"""The accounts that stand on a number, page by page, opened to be asked about.

Three steps, none of them inside another's transaction: whose claims come next, what is kept of them, and the keys that
open it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, any_, bindparam, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.tables import accounts, evidence, number_claims
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.lifecycle import OF_PERSONAL_ID
from xacthuc.identity.domain.reconciliation import identity_record
from xacthuc.identity.ports.reconciliation import Read, Subject
from xacthuc.sealing import UnsealError
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.reconciliation.findings import Place
    from xacthuc.identity.domain.reconciliation import Run

PAGE: Final = 200
"""Accounts between two commits: what a process that is killed asks again."""

_OF = evidence.c
_KEPT: Final = (
    select(_OF.account, _OF.id, _OF.kind, _OF.source, _OF.number, _OF.verify_time, accounts.c.person)
    .join(accounts, and_(accounts.c.platform == _OF.platform, accounts.c.account == _OF.account))
    .where(
        _OF.platform == bindparam("of_platform"),
        _OF.account == any_(bindparam("account_ids", type_=ARRAY(Text))),
        _OF.lapse_time.is_(None),
        or_(_OF.kind == EvidenceKind.PHONE, _OF.kind.in_(OF_PERSONAL_ID)),
        accounts.c.life == Life.OPEN,
    )
    .order_by(_OF.account, _OF.id)
)
_PAPERS: Final = (EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED)
_PROVIDERS: Final = "eid/"
"""Whose word is the identity record. An operator's, which policy may let prove a personal ID, is the subscriber's again."""
_COUNTED_WITHIN: Final = text("SET LOCAL statement_timeout = '30s'")


class Numbers:
    """Reads for runs."""

    def __init__(self, engine: AsyncEngine, keys: AccountKeys, *, page: int = PAGE) -> None:
        """Takes the pool of whoever waits for nobody's screen, and what opens accounts."""
        self._engine = engine
        self._keys = keys
        self._page = page

    async def count(self, run: Run) -> int | None:
        """Returns how many accounts a run goes over; None when that takes longer than it is worth."""
        counted = select(func.count(func.distinct(tuple_(number_claims.c.platform, number_claims.c.account))))
        try:
            async with transaction(self._engine) as connection:
                await connection.execute(_COUNTED_WITHIN)
                found: int | None = await connection.scalar(counted.where(*_whose(run)))
        except DatabaseUnavailable:
            return None
        return found

    async def page(self, run: Run, after: Place) -> Read | None:
        """Returns the next accounts behind a place; None at the end."""
        of = number_claims.c
        behind = tuple_(of.platform, of.account) > after
        pairs = select(of.platform, of.account).where(behind, *_whose(run)).distinct()
        async with transaction(self._engine) as connection:
            claimed = (await connection.execute(pairs.order_by(of.platform, of.account).limit(self._page))).all()
        if not claimed:
            return None
        subjects: list[Subject] = []
        for platform, some in groupby(claimed, key=attrgetter("platform")):
            subjects += await self._opened(platform, [row.account for row in some])
        last = claimed[-1]
        return Read(subjects=tuple(subjects), skipped=len(claimed) - len(subjects), until=(last.platform, last.account))

    async def _opened(self, platform: str, account_ids: Sequence[str]) -> list[Subject]:
        values = {"of_platform": platform, "account_ids": list(account_ids)}
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(_KEPT, values)).all()
        kept: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            kept[row.account].append(row)
        keys = await self._keys.get_many(platform, list(kept))
        opened = (_subject(keys[account_id], of) for account_id, of in kept.items())
        return [subject for subject in opened if subject is not None]


def _whose(run: Run) -> list[ColumnElement[bool]]:
    return [number_claims.c.platform == run.platform] if run.platform else []


def _subject(key: AccountCipher | NoKey, rows: Sequence[Row[Any]]) -> Subject | None:
    """Returns an account as it is asked about; None of one that is erased, damaged or without a number by now."""
    by_kind = {EvidenceKind(row.kind): row for row in rows}
    phone = by_kind.get(EvidenceKind.PHONE)
    if isinstance(key, NoKey) or phone is None:
        return None
    try:
        person = key.person(phone.person)
        authenticated, declared = (_number(key, by_kind.get(kind)) for kind in _PAPERS)
        confirmed = bool(authenticated) and by_kind[EvidenceKind.PERSONAL_ID].source.startswith(_PROVIDERS)
        return Subject(
            platform=key.platform,
            account_id=key.account_id,
            evidence_id=phone.id,
            number=key.number(phone.number),
            verify_time=phone.verify_time,
            full_name=person.full_name,
            birth_date=person.birth_date,
            personal_id=authenticated or declared,
            identity=identity_record(authenticated if confirmed else "", declared),
        )
    except UnsealError:
        return None


def _number(key: AccountCipher, row: Row[Any] | None) -> str:
    return "" if row is None else key.number(row.number)
