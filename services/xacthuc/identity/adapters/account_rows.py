"""Reading accounts and what is known of them from their rows, within somebody's transaction.

The keys that open the rows lie in another database. A key is made before the rows it seals and destroyed before anything
else of an erasure, so a destroyed one says that an account is erased, whatever its rows still say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from xacthuc.identity.adapters import account_queries
from xacthuc.identity.adapters.account_keys import AccountKeyMissingError, NoKey
from xacthuc.identity.adapters.retention.tables import held_of
from xacthuc.identity.adapters.tables import locks
from xacthuc.identity.domain.account import Account, Evidence, Kind, Lock
from xacthuc.identity.domain.facts import (
    FOREVER_MS,
    NOT_REGISTERED,
    UNSUPERVISED,
    EvidenceKind,
    Facts,
    Life,
    Supervision,
)
from xacthuc.policy import Action
from xacthuc.sealing import UnknownSealKeyError, UnsealError
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.policy import Policy


class LapseReason(StrEnum):
    """Why evidence stopped to stand."""

    RENEWED = "RENEWED"
    """The same was proven again; nothing is in doubt."""
    CHANGED = "CHANGED"
    """The holder put another number in its place."""
    REPLACED = "REPLACED"
    """A personal ID that was issued anew took its place (R42)."""
    REFUSED = "REFUSED"
    """A declared personal ID that no provider confirmed."""
    ENDED = "ENDED"
    """The last guardian's link ended."""
    CORRECTED = "CORRECTED"
    """Name or birth date turned out to be another person's than the one confirmed."""
    MOVED = "MOVED"
    """Another account proved possession of the number or the personal ID (R30)."""
    INACTIVE = "INACTIVE"
    """The number is out of use (R31)."""
    REVOKED = "REVOKED"
    """The platform took it back."""
    RECONCILED = "RECONCILED"
    """An operator or a regulator told that the number is not the holder's any more (R30, R31)."""


IN_DOUBT: Final = frozenset(
    {
        LapseReason.MOVED,
        LapseReason.INACTIVE,
        LapseReason.REVOKED,
        LapseReason.CORRECTED,
        LapseReason.RECONCILED,
    }
)
"""After which something has to be proven again, rather than for the first time."""

SEALED_AWAY: Final = frozenset({Life.ERASURE_SCHEDULED, Life.ERASED})
"""In which an account's own key opens nothing any more, also while it is still there."""

_ENDLESS: Final = datetime.max.replace(tzinfo=UTC)
"""What PostgreSQL's `infinity` is read as."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of accounts, unopened."""

    rows: Mapping[str, Sequence[Row[Any]]]
    """By account, one row per evidence; accounts that nobody registered are left out."""
    guarded: Mapping[str, int]
    """Until when somebody who may answer stands, in ms, by child; children without are left out."""


class AccountRows:
    """Reads what the rows of an account say."""

    def __init__(self, policy: Policy, clock: Clock, on_unreadable: Callable[[], None]) -> None:
        """Takes the law's times, and what counts an account that turned out to be damaged."""
        self._policy = policy
        self._clock = clock
        self._on_unreadable = on_unreadable
        self._log = get_logger()

    async def account(
        self, connection: AsyncConnection, platform: str, account_id: str, key: AccountKey
    ) -> Account | None:
        """Returns an account, or None when there is none; UnsealError when it is damaged.

        Of an erased one nothing is known but that it was one.
        """
        found = await self.read(connection, platform, (account_id,))
        if account_id not in found.rows:
            return None
        lock = (await _locks(connection, platform, found)).get(account_id)
        account = _account(found.rows[account_id], self.facts(found, account_id, key), cipher_of(key), lock)
        return (await _with_holds(connection, platform, [account]))[0]

    async def accounts(
        self, connection: AsyncConnection, platform: str, keys: Mapping[str, AccountKey]
    ) -> list[Account]:
        """Returns those of the accounts that there are, by id; a damaged one as UNREADABLE."""
        found = await self.read(connection, platform, list(keys))
        locks = await _locks(connection, platform, found)
        told = [self._told(found, account_id, keys[account_id], locks.get(account_id)) for account_id in found.rows]
        return await _with_holds(connection, platform, told)

    def _told(self, found: Found, account_id: str, key: AccountKey, lock: Lock | None) -> Account:
        rows = found.rows[account_id]
        try:
            return _account(rows, self.facts(found, account_id, key), cipher_of(key), lock)
        except UnsealError as fault:
            return _account(rows, self._unreadable(rows, fault), None, lock)

    async def read(self, connection: AsyncConnection, platform: str, account_ids: Sequence[str]) -> Found:
        """Returns what facts are made of: one query, and one more when a child with a guardian is among the accounts."""
        if len(account_ids) == 1:
            found = await connection.execute(account_queries.ONE, {"platform": platform, "account": account_ids[0]})
        else:
            found = await connection.execute(
                account_queries.MANY, {"platform": platform, "accounts": list(dict.fromkeys(account_ids))}
            )
        rows = {account: list(of) for account, of in groupby(found, key=lambda row: str(row.account))}
        return Found(rows, await self._guarded(connection, platform, rows))

    def facts(self, found: Found, account_id: str, key: AccountKey) -> Facts:
        """Returns an account's facts, registered or not. Of what is sealed it opens the person alone."""
        rows = found.rows.get(account_id)
        if rows is None:
            return NOT_REGISTERED
        return self._facts(rows, cipher_of(key), found.guarded.get(account_id, 0))

    def told_facts(self, found: Found, account_id: str, key: AccountKey) -> Facts:
        """Returns what decisions are made from.

        Of a damaged account that it is one, so that nobody else waits for who mends it; of a guardian's record nothing:
        it is nobody's account.
        """
        if account_id in found.rows and found.rows[account_id][0].whose == Kind.GUARDIAN:
            return NOT_REGISTERED
        try:
            return self.facts(found, account_id, key)
        except UnsealError as fault:
            return self._unreadable(found.rows[account_id], fault)

    def _unreadable(self, rows: Sequence[Row[Any]], fault: UnsealError) -> Facts:
        """Returns what is known of a damaged account; raises `fault` again when another server may open it."""
        if isinstance(fault, UnknownSealKeyError):
            raise fault
        self._on_unreadable()
        self._log.error("account_unreadable")
        first = rows[0]
        locked_until_ms = _ms(first.locked_until, never=0)
        return Facts(registered=True, life=Life(first.life), locked_until_ms=locked_until_ms, readable=False)

    def _facts(self, rows: Sequence[Row[Any]], cipher: AccountCipher | None, guarded_until_ms: int) -> Facts:
        first = rows[0]
        if cipher is None or first.life in SEALED_AWAY:
            return Facts(registered=True, life=Life.ERASED if first.life == Life.ERASED else Life.ERASURE_SCHEDULED)
        standing = {row.kind: row for row in _standing(rows)}
        phone = standing.get(EvidenceKind.PHONE)
        reverify = None if phone is None else self._policy.reverify_from(phone.verify_time)
        return Facts(
            registered=True,
            evidence=frozenset(EvidenceKind(kind) for kind in standing),
            lapsed=any(row.lapse_reason in IN_DOUBT for row in rows),
            child_until_ms=_ms(cipher.child_until(first.person), never=0),
            complete=first.complete,
            asked=first.asked,
            life=Life(first.life),
            locked_until_ms=_ms(first.locked_until, never=0),
            lock_basis=first.lock_basis or "",
            transition_until_ms=_ms(first.transition_until, never=0),
            reverify_from_ms=_ms(reverify, never=FOREVER_MS),
            supervision=_supervision(first, guarded_until_ms),
        )

    async def _guarded(
        self, connection: AsyncConnection, platform: str, rows: Mapping[str, Sequence[Row[Any]]]
    ) -> dict[str, int]:
        """Returns until when somebody who may answer stands, in ms, by child; children without are left out."""
        children = [account for account, of in rows.items() if of[0].suspended is not None]
        if not children:
            return {}
        guarded: dict[str, int] = {}
        rules, now_ms = self._policy.guardianship, self._clock.now_ms()
        for row in await connection.execute(account_queries.GUARDING, {"platform": platform, "children": children}):
            by_number = row.kind == EvidenceKind.PHONE
            locked = _ms(row.locked_until, never=0) > now_ms
            if (locked and not rules.locked_answers) or (by_number and rules.asks_personal_id):
                continue
            until = self._policy.reverify_from(row.verify_time) if by_number else None
            guarded[row.child] = max(guarded.get(row.child, 0), _ms(until, never=FOREVER_MS))
        return guarded


def cipher_of(key: AccountKey) -> AccountCipher | None:
    """Returns what opens an account's rows; None after an erasure. AccountKeyMissingError when rows never had a key."""
    if key is NoKey.DESTROYED:
        return None
    if isinstance(key, NoKey):
        raise AccountKeyMissingError
    return key


def _account(rows: Sequence[Row[Any]], facts: Facts, cipher: AccountCipher | None, lock: Lock | None) -> Account:
    first = rows[0]
    standing = [] if cipher is None or first.life in SEALED_AWAY else _standing(rows)
    return Account(
        account_id=first.account,
        facts=facts,
        evidence=tuple(
            Evidence(kind=EvidenceKind(row.kind), verify_time=row.verify_time, source=row.source, level=row.level or "")
            for row in standing
        ),
        masked_number="" if cipher is None else _masked_number(cipher, standing),
        masked_personal_id="" if cipher is None else _masked_personal_id(cipher, standing),
        lock=lock,
        transition_until=first.transition_until,
        purge_time=first.purge_time,
        create_time=first.create_time,
        update_time=first.update_time,
    )


async def _with_holds(connection: AsyncConnection, platform: str, found: list[Account]) -> list[Account]:
    """Asks about accounts that ended alone: of an open one nobody is told."""
    ended = [account.account_id for account in found if account.facts.life is not Life.OPEN]
    held = await held_of(connection, platform, ended) if ended else frozenset()
    return [replace(account, held=True) if account.account_id in held else account for account in found]


def _standing(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if row.kind is not None and row.lapse_time is None]


def _masked_number(cipher: AccountCipher, standing: Sequence[Row[Any]]) -> str:
    numbers = [row.number for row in standing if row.kind == EvidenceKind.PHONE]
    return cipher.masked_number(numbers[-1]) if numbers else ""


def _masked_personal_id(cipher: AccountCipher, standing: Sequence[Row[Any]]) -> str:
    of_ids = (EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED)
    numbers = [row.number for row in standing if row.kind in of_ids]
    return cipher.masked_personal_id(numbers[-1]) if numbers else ""


async def _locks(connection: AsyncConnection, platform: str, found: Found) -> dict[str, Lock]:
    """Returns the lock that holds longest, by account."""
    account_ids = [account_id for account_id, rows in found.rows.items() if rows[0].locked_until is not None]
    if not account_ids:
        return {}
    rows = await connection.execute(
        select(locks.c.account, locks.c.basis, locks.c.create_time, locks.c.expire_time)
        .where(locks.c.platform == platform, locks.c.account.in_(account_ids), locks.c.lift_time.is_(None))
        .order_by(locks.c.expire_time.asc().nulls_last(), locks.c.id.desc())
    )
    return {
        row.account: Lock(basis=row.basis, create_time=row.create_time, expire_time=row.expire_time) for row in rows
    }


def _supervision(row: Row[Any], guarded_until_ms: int) -> Supervision:
    if row.suspended is None:
        return UNSUPERVISED
    return Supervision(
        guarded_until_ms=guarded_until_ms,
        suspended=row.suspended,
        actions=frozenset(Action(action) for action in row.actions),
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
    )


def _ms(instant: datetime | None, *, never: int) -> int:
    if instant is None:
        return never
    return FOREVER_MS if instant == _ENDLESS else min(round(instant.timestamp() * 1000), FOREVER_MS)
