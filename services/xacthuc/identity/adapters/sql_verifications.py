"""Verifications of numbers in PostgreSQL: the intent, and later everything that follows from the proof in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters import answers
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.tables import accounts, evidence, number_claims, outbox, proofs, trail
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.claims import ClaimRefusal, Held
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.ports.numbers import Begun, ProofUsed, Settled
from xacthuc.sealing import lock_ids
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.domain.claims import Claim
    from xacthuc.identity.ports.numbers import Proof
    from xacthuc.sql.columns import Json


class SqlVerifications:
    """The port `Verifications`."""

    def __init__(
        self, engine: AsyncEngine, keys: AccountKeys, personal: PersonalData, rows: AccountRows, requests: SqlRequests
    ) -> None:
        """Takes the pool for writes, and what seals, indexes, reads and recognises."""
        self._engine = engine
        self._keys = keys
        self._personal = personal
        self._rows = rows
        self._requests = requests

    async def begin(self, order: Order, account_id: str, now: datetime) -> Begun:
        """Transaction 1."""
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return Begun(self._kept(order, seen.answer), None)
            account = await self._rows.account(connection, order.platform, account_id, key)
            if account is not None and seen is None:
                await self._requests.record(connection, order, now, None)
        return Begun(None, account)

    async def settle(
        self,
        order: Order,
        account_id: str,
        proof: Proof,
        decide: Callable[[Held], Claim | ClaimRefusal],
        now: datetime,
    ) -> Settled | ClaimRefusal:
        """Transaction 2."""
        cipher = await self._keys.get(order.platform, account_id)
        if isinstance(cipher, NoKey):
            raise LookupError("an account that began a verification is gone")  # noqa: TRY004 - no type is at fault
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order, lock=True)
            if seen is not None and seen.answer is not None:  # the same request ran beside us and was first
                return Settled(self._kept(order, seen.answer), ())
            number_indexes = self._personal.number_indexes(order.platform, proof.number)
            held = await self._lock(connection, cipher, number_indexes)
            outcome = decide(held)
            if isinstance(outcome, ClaimRefusal):
                return outcome
            await self._use_proof(connection, order.platform, account_id, proof, now)
            await self._displace(connection, order.platform, outcome.displaced, now)
            await self._prove(connection, cipher, proof, now)
            await _tell(connection, order, {account_id: proof.source}, outcome.displaced, now)
            answer = await self._answer(connection, order, cipher, now)
        return Settled(answer, (account_id, *outcome.displaced))

    def _kept(self, order: Order, sealed: bytes) -> AccountView:
        return answers.account_view(answers.read(self._personal.open_answer(order, sealed)))

    async def _lock(
        self, connection: AsyncConnection, cipher: AccountCipher, number_indexes: Collection[bytes]
    ) -> Held:
        """Locks the number, then the accounts in key order; everything read afterwards stays true until the commit.

        The number's lock is advisory: there may be no row yet that could be locked.
        """
        platform, account_id = cipher.platform, cipher.account_id
        for lock_id in lock_ids(number_indexes):
            await connection.execute(select(func.pg_advisory_xact_lock(lock_id)))
        claimed = await connection.execute(
            select(number_claims.c.account, number_claims.c.verify_time)
            .where(number_claims.c.platform == platform, number_claims.c.number_index.in_(number_indexes))
            .order_by(number_claims.c.verify_time, number_claims.c.account)
        )
        claims = claimed.all()
        holders = [row.account for row in claims]
        involved = {account_id, *holders}
        await connection.execute(
            select(accounts.c.account)
            .where(accounts.c.platform == platform, accounts.c.account.in_(involved))
            .order_by(accounts.c.account)
            .with_for_update()
        )
        account = await self._rows.account(connection, platform, account_id, cipher)
        if account is None:
            raise LookupError("an account that began a verification is gone")
        return Held(
            account=account,
            same_number=account_id in holders,
            holders=tuple(holder for holder in holders if holder != account_id),
            newest_verify_time=claims[-1].verify_time if claims else None,
        )

    async def _use_proof(
        self, connection: AsyncConnection, platform: str, account_id: str, proof: Proof, now: datetime
    ) -> None:
        used = await connection.execute(
            insert(proofs)
            .values(proof_id=proof.proof_id, platform=platform, account=account_id, redeem_time=now)
            .on_conflict_do_nothing()
        )
        if used.rowcount == 0:
            raise ProofUsed

    async def _displace(
        self, connection: AsyncConnection, platform: str, displaced: Sequence[str], now: datetime
    ) -> None:
        if not displaced:
            return
        await _lapse(connection, platform, displaced, LapseReason.MOVED, now)
        await connection.execute(
            delete(number_claims).where(number_claims.c.platform == platform, number_claims.c.account.in_(displaced))
        )
        await _touch(connection, platform, displaced, now)

    async def _prove(self, connection: AsyncConnection, cipher: AccountCipher, proof: Proof, now: datetime) -> None:
        platform, account_id = cipher.platform, cipher.account_id
        number_index = self._personal.number_index(platform, proof.number)
        older = [index for index in self._personal.number_indexes(platform, proof.number) if index != number_index]
        await _lapse(connection, platform, (account_id,), LapseReason.RENEWED, now)
        await connection.execute(
            insert(evidence).values(
                platform=platform,
                account=account_id,
                kind=EvidenceKind.PHONE,
                source=proof.source,
                verify_time=proof.verify_time,
                number=cipher.seal_number(proof.number),
                number_index=number_index,
            )
        )
        if older:  # the claim moves to the current key, as it would in the background (`rotation`)
            await connection.execute(
                delete(number_claims).where(
                    number_claims.c.platform == platform,
                    number_claims.c.number_index.in_(older),
                    number_claims.c.account == account_id,
                )
            )
        key = {"platform": platform, "number_index": number_index, "account": account_id}
        claimed = insert(number_claims).values(**key, verify_time=proof.verify_time)
        await connection.execute(
            claimed.on_conflict_do_update(index_elements=list(key), set_={"verify_time": claimed.excluded.verify_time})
        )
        await _touch(connection, platform, (account_id,), now)

    async def _answer(
        self, connection: AsyncConnection, order: Order, cipher: AccountCipher, now: datetime
    ) -> AccountView:
        account = await self._rows.account(connection, order.platform, cipher.account_id, cipher)
        if account is None:
            raise LookupError("an account vanished under its lock")
        answer = view(account, now)
        await self._requests.answer(connection, order, self._personal.seal_answer(order, answers.spell(answer)))
        return answer


async def _lapse(
    connection: AsyncConnection, platform: str, account_ids: Sequence[str], reason: LapseReason, now: datetime
) -> None:
    """Ends the PHONE evidence that stands; the number it was of stays with the row, sealed."""
    await connection.execute(
        update(evidence)
        .where(
            and_(
                evidence.c.platform == platform,
                evidence.c.account.in_(account_ids),
                evidence.c.kind == EvidenceKind.PHONE,
                evidence.c.lapse_time.is_(None),
            )
        )
        .values(lapse_time=now, lapse_reason=reason)
    )


async def _touch(connection: AsyncConnection, platform: str, account_ids: Sequence[str], now: datetime) -> None:
    await connection.execute(
        update(accounts)
        .where(accounts.c.platform == platform, accounts.c.account.in_(account_ids))
        .values(update_time=now)
    )


async def _tell(
    connection: AsyncConnection, order: Order, verified: Mapping[str, str], displaced: Sequence[str], now: datetime
) -> None:
    """Writes the audit trail and the events. `verified` tells by account who proved the number."""

    def entry(tag: Tag, account_id: str, detail: Json) -> Entry:
        return Entry(
            tag=tag,
            time=now,
            platform=order.platform,
            subject=account_id,
            actor=order.actor,
            request_id=order.request_id,
            trace_id=order.trace_id,
            detail=detail,
        )

    def event(kind: EventKind, account_id: str) -> Event:
        return Event(platform=order.platform, subject=account_id, kind=kind, time=now, detail={})

    entries = [entry(Tag.PHONE_LAPSED, account_id, {"reason": LapseReason.MOVED}) for account_id in displaced]
    entries += [entry(Tag.PHONE_VERIFIED, account_id, {"source": source}) for account_id, source in verified.items()]
    await trail.write(connection, entries)
    events = [event(EventKind.REVERIFICATION_REQUIRED, account_id) for account_id in displaced]
    events += [event(EventKind.PHONE_VERIFIED, account_id) for account_id in verified]
    await outbox.append(connection, events)
