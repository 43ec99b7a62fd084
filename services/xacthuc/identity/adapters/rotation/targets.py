"""Which columns carry the version of a key. Whoever adds one that does must add it here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import and_

from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.identity.adapters.locks.tables import lock_identities
from xacthuc.identity.adapters.rotation.indexes import Indexes, Source
from xacthuc.identity.adapters.rotation.paging import OldRows, Target
from xacthuc.identity.adapters.rotation.wrapped_keys import WrappedKeys
from xacthuc.identity.adapters.staff.tables import staff_sign_ins
from xacthuc.identity.adapters.tables import (
    accounts,
    evidence,
    number_claims,
    number_moves,
    personal_id_claims,
    requests,
)
from xacthuc.identity.adapters.webhooks.tables import webhook_secrets
from xacthuc.identity.domain.facts import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Column, FromClause, Row, Table
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.account_cipher import AccountCipher, KeyWrapper
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
    from xacthuc.sealing import KeyRing


def of_keys(engine: AsyncEngine, wrapper: KeyWrapper, seal_ring: KeyRing) -> list[Target]:
    """Returns what lies in the database of keys."""
    rows = OldRows(engine, account_keys.c.wrapped, seal_ring)
    return [Target(rows, WrappedKeys(rows, wrapper).renew)]


def of_accounts(
    engine: AsyncEngine, keys: AccountKeys, personal: PersonalData, seal_ring: KeyRing, index_ring: KeyRing
) -> list[Target]:
    """Returns what lies in the main database. What is kept for a time only is not renewed."""

    def people(cipher: AccountCipher, row: Row[Any]) -> Sequence[bytes]:
        person = cipher.person(row.person)
        return personal.person_indexes(cipher.platform, person.full_name, person.birth_date)

    def numbers(cipher: AccountCipher, row: Row[Any]) -> Sequence[bytes]:
        of = personal.number_indexes if row.kind == EvidenceKind.PHONE else personal.personal_id_indexes
        return of(cipher.platform, cipher.number(row.number))

    def index(column: Column[bytes], tables: FromClause, values: tuple[Column[Any], ...], indexes: Any) -> Target:
        rows = OldRows(engine, column, index_ring)
        return Target(rows, Indexes(rows, Source(tables=tables, values=values, indexes=indexes), keys).renew)

    proven = (evidence.c.number, evidence.c.kind)
    return [
        index(accounts.c.person_index, accounts, (accounts.c.person,), people),
        index(evidence.c.number_index, evidence, proven, numbers),
        *(
            index(column, _with_evidence(column.table), proven, numbers)
            for column in (
                number_claims.c.number_index,
                number_moves.c.number_index,
                personal_id_claims.c.personal_id_index,
                lock_identities.c.value_index,
            )
        ),
        index(lock_identities.c.person_index, _with_account(lock_identities), (accounts.c.person,), people),
        Target(OldRows(engine, requests.c.fingerprint, index_ring), None),
        Target(OldRows(engine, requests.c.answer, seal_ring), None),
        Target(OldRows(engine, staff_sign_ins.c.flow, seal_ring), None),
    ]


def of_webhooks(engine: AsyncEngine, secrets: WebhookSecrets, seal_ring: KeyRing) -> list[Target]:
    """Returns what webhooks are signed with."""
    rows = OldRows(engine, webhook_secrets.c.secret, seal_ring)
    return [Target(rows, partial(secrets.renew, rows))]


def _with_evidence(table: Table) -> FromClause:
    """A claim says by whom; the number itself is with the evidence of that account, standing or lapsed."""
    of_account = and_(evidence.c.platform == table.c.platform, evidence.c.account == table.c.account)
    return table.join(evidence, and_(of_account, evidence.c.number.is_not(None)))


def _with_account(table: Table) -> FromClause:
    return table.join(accounts, and_(accounts.c.platform == table.c.platform, accounts.c.account == table.c.account))
