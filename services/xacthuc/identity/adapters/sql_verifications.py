"""Verifications of numbers in PostgreSQL: the intent, and later everything that follows from the proof in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import answers, sql_claims
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.number_notices import notice_to
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.sql_claims import NUMBERS
from xacthuc.identity.adapters.tables import (
    evidence,
    jobs,
    number_claims,
    number_moves,
    outbox,
    personal_id_checks,
    proofs,
    trail,
)
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.claims import Claim
from xacthuc.identity.domain.events import PASSED_ON
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.numbers import Claimant, NumberRefusal
from xacthuc.identity.ports.numbers import Begun, ProofUsed, Settled
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.commands import Order, RevokeVerification
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.ports.numbers import Decide, Proof, Refusal
    from xacthuc.sql.columns import Json

_PHONE = frozenset({EvidenceKind.PHONE})


class SqlVerifications:
    """The port `Verifications`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._personal = database.personal
        self._rows = database.rows
        self._requests = database.requests
        self._bindings = database.bindings

    @second_look
    async def begin(self, order: Order, account_id: str, now: datetime) -> Begun:
        """Transaction 1."""
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return Begun(answers.account_view(seen.answer), None)
            account = await self._rows.account(connection, order.platform, account_id, key)
            if account is not None and seen is None:
                await self._requests.record(connection, order, account_id, None, now)
        return Begun(None, account, again=seen is not None)

    async def settle(
        self, order: Order, account_id: str, proof: Proof, decide: Decide, now: datetime
    ) -> Settled | Refusal:
        """Transaction 2."""
        cipher = await self._keys.get(order.platform, account_id)
        if isinstance(cipher, NoKey):  # erased since the verification began
            return NumberRefusal.CLOSED
        async with transaction(self._engine) as connection:
            claimant = await self._claimant(connection, cipher, proof.number)
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:  # the same request ran beside us and was first
                return Settled(answers.account_view(seen.answer), (account_id,))
            if claimant is None:
                return NumberRefusal.CLOSED
            outcome = decide(claimant)
            if not isinstance(outcome, Claim):
                return outcome
            await _use_proof(connection, cipher, proof, now)
            if outcome.displaced:
                await self._displace(connection, cipher, proof.number, outcome.displaced, now)
            change = claimant.stands_on_another
            before = LapseReason.CHANGED if change else LapseReason.RENEWED
            ended = await self._prove(connection, cipher, proof, before, now)
            if change:
                await jobs.enqueue(connection, [notice_to(order, account_id, row.id) for row in ended])
            await touch(connection, order.platform, (account_id, *outcome.displaced), now)
            await _tell(connection, order, account_id, outcome, source=proof.source, change=change, now=now)
            reached = await self._bindings.follow(
                connection,
                order,
                cipher,
                now,
                held=[holder.account_id for holder in claimant.held.holders],
                values=self._personal.number_indexes(order.platform, proof.number),
            )
            answer = await self._answer(connection, order, account_id, cipher, now)
            changed = (account_id, *outcome.displaced, *reached)
            wards = await wards_of(connection, order.platform, changed)
        return Settled(answer, (*changed, *wards))

    @second_look
    async def revoke(self, command: RevokeVerification, now: datetime) -> Settled | Refusal | None:
        """Ends evidence and claims, and the question about a personal ID that was declared, in one commit."""
        order, account_id = command.order, command.account_id
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            await lock_accounts(connection, order.platform, (account_id,))
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return Settled(answers.account_view(seen.answer), (account_id,))
            account = await self._rows.account(connection, order.platform, account_id, key)
            if account is None:
                return None
            if account.facts.life is not Life.OPEN:  # what it stood on is given up, and what is kept of it stays
                return NumberRefusal.CLOSED
            ended = await sql_claims.lapse(
                connection, order.platform, (account_id,), command.kinds, reason=LapseReason.REVOKED, now=now
            )
            if ended:
                await _end(connection, command, {row.kind for row in ended}, now)
            await self._requests.record(connection, order, account_id, None, now)
            answer = await self._answer(connection, order, account_id, key, now)
            wards = await wards_of(connection, order.platform, (account_id,))
        return Settled(answer, (account_id, *wards))

    async def _claimant(self, connection: AsyncConnection, cipher: AccountCipher, number: str) -> Claimant | None:
        """Returns the account and who else stands on the number, all locked; None when there is no account any more."""
        platform, account_id = cipher.platform, cipher.account_id
        indexes = self._personal.number_indexes(platform, number)
        claimed = await sql_claims.lock(connection, NUMBERS, platform, account_id, indexes)
        account = await self._rows.account(connection, platform, account_id, cipher)
        if account is None:
            return None
        of = number_moves.c
        moves = await connection.scalars(
            select(of.move_time).where(of.platform == platform, of.number_index.in_(indexes))
        )
        return Claimant(
            facts=account.facts,
            same_number=any(row.account == account_id for row in claimed),
            held=await sql_claims.held(connection, claimed, cipher, self._personal, moves.all()),
        )

    async def _displace(
        self, connection: AsyncConnection, cipher: AccountCipher, number: str, displaced: Collection[str], now: datetime
    ) -> None:
        platform = cipher.platform
        await sql_claims.lapse(connection, platform, displaced, _PHONE, reason=LapseReason.MOVED, now=now)
        index = self._personal.number_index(platform, number)
        moved = insert(number_moves).values(
            platform=platform, number_index=index, move_time=now, account=cipher.account_id
        )
        await connection.execute(moved.on_conflict_do_nothing())

    async def _prove(
        self, connection: AsyncConnection, cipher: AccountCipher, proof: Proof, before: LapseReason, now: datetime
    ) -> Sequence[Row[Any]]:
        """Puts the number in the place of what stood `before`; returns the evidence that ended so."""
        platform, account_id = cipher.platform, cipher.account_id
        index = self._personal.number_index(platform, proof.number)
        ended = await sql_claims.lapse(connection, platform, (account_id,), _PHONE, reason=before, now=now)
        await connection.execute(
            insert(evidence).values(
                platform=platform,
                account=account_id,
                kind=EvidenceKind.PHONE,
                source=proof.source,
                verify_time=proof.verify_time,
                device_index=proof.device.encode() or None,
                number=cipher.seal_number(proof.number),
                number_index=index,
            )
        )
        await connection.execute(
            insert(number_claims).values(
                platform=platform, number_index=index, account=account_id, verify_time=proof.verify_time
            )
        )
        return ended

    async def _answer(
        self, connection: AsyncConnection, order: Order, account_id: str, key: AccountKey, now: datetime
    ) -> AccountView:
        account = await self._rows.account(connection, order.platform, account_id, key)
        if account is None:
            raise LookupError("an account vanished under its lock")
        answer = view(account, now)
        await self._requests.answer(connection, order, answer)
        return answer


async def _use_proof(connection: AsyncConnection, cipher: AccountCipher, proof: Proof, now: datetime) -> None:
    used = await connection.execute(
        insert(proofs)
        .values(proof_id=proof.proof_id, platform=cipher.platform, account=cipher.account_id, redeem_time=now)
        .on_conflict_do_nothing()
    )
    if used.rowcount == 0:
        raise ProofUsed


async def _tell(
    connection: AsyncConnection,
    order: Order,
    account_id: str,
    claim: Claim,
    *,
    source: str,
    change: bool,
    now: datetime,
) -> None:
    """Writes the audit trail and the events."""
    tag, kind = (
        (Tag.NUMBER_CHANGED, EventKind.NUMBER_CHANGED) if change else (Tag.PHONE_VERIFIED, EventKind.PHONE_VERIFIED)
    )
    entries = [
        entry(order, Tag.PHONE_LAPSED, displaced, now, {"reason": LapseReason.MOVED}) for displaced in claim.displaced
    ]
    entries.append(entry(order, tag, account_id, now, {"source": source}))
    await trail.write(connection, entries)
    passed_on: Json = {PASSED_ON: True}
    events = [
        event(order, EventKind.REVERIFICATION_REQUIRED, displaced, now, passed_on) for displaced in claim.displaced
    ]
    events.append(event(order, kind, account_id, now))
    await outbox.append(connection, events)


async def _end(connection: AsyncConnection, command: RevokeVerification, kinds: Collection[str], now: datetime) -> None:
    """Does what follows from evidence that was taken back, and tells of it."""
    order, account_id = command.order, command.account_id
    if EvidenceKind.PERSONAL_ID_DECLARED in kinds:  # nobody is to be asked about it any more
        of = personal_id_checks.c
        await connection.execute(
            delete(personal_id_checks).where(of.platform == order.platform, of.account == account_id)
        )
    await touch(connection, order.platform, (account_id,), now)
    detail: Json = {"kinds": " ".join(sorted(kinds)), "reason": command.reason}
    await trail.write(connection, [entry(order, Tag.VERIFICATION_REVOKED, account_id, now, detail)])
    await outbox.append(connection, [event(order, EventKind.REVERIFICATION_REQUIRED, account_id, now)])
