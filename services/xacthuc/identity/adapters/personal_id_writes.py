"""What both ways of confirming a personal ID write: who stands on it, what is proven now, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters import account_writes, personal_id_questions, sql_claims
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_rows import SEALED_AWAY, LapseReason
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.tables import (
    accounts,
    consents,
    evidence,
    outbox,
    personal_id_claims,
    trail,
)
from xacthuc.identity.domain.account import ConsentKind, State, view
from xacthuc.identity.domain.claims import Bounds, Claim, Held, claim
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Outcome, Verification
from xacthuc.identity.ports.personal_ids import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.commands import Consent, Order
    from xacthuc.identity.domain.account import Account
    from xacthuc.identity.domain.personal_ids import Proven
    from xacthuc.policy.sections import Holders
    from xacthuc.sql.columns import Json

_PERSONAL_IDS: Final = (EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Evidence of a personal ID that stands."""

    id: int
    kind: EvidenceKind
    personal_id: str


class PersonalIdWrites:
    """Works within the transaction of the write it belongs to, once the account is locked."""

    def __init__(self, database: AccountDatabase, caps: Holders) -> None:
        """Takes where accounts lie, and how many of them may stand on one personal ID."""
        self._personal = database.personal
        self._rows = database.rows
        self._requests = database.requests
        self._bindings = database.bindings
        self._caps = caps

    async def candidate(
        self, connection: AsyncConnection, platform: str, account_id: str, key: AccountKey
    ) -> Candidate | None:
        """Returns an account with its holder, or None when there is none. What is not known of a holder is empty."""
        account = await self._rows.account(connection, platform, account_id, key)
        if account is None:
            return None
        if not isinstance(key, AccountCipher) or account.facts.life in SEALED_AWAY:
            return Candidate(account, "", date.min)
        sealed: bytes | None = await connection.scalar(
            select(accounts.c.person).where(accounts.c.platform == platform, accounts.c.account == account_id)
        )
        if sealed is None:
            return None
        person = key.person(sealed)
        return Candidate(account, person.full_name, person.birth_date or date.min)

    async def lock(self, connection: AsyncConnection, cipher: AccountCipher, personal_id: str) -> Held:
        """Locks the personal ID, where there is one, then the accounts; returns who else stands on it."""
        platform, account_id = cipher.platform, cipher.account_id
        if not personal_id:
            await account_writes.lock_accounts(connection, platform, (account_id,))
            return Held()
        indexes = self._personal.personal_id_indexes(platform, personal_id)
        claimed = await sql_claims.lock(connection, sql_claims.PERSONAL_IDS, platform, account_id, indexes)
        found = await sql_claims.held(connection, claimed, cipher, self._personal)
        # A provider vouches for today, whenever it was asked: nobody's word is older than another's.
        return replace(found, newest_verify_time=None)

    async def standing(self, connection: AsyncConnection, cipher: AccountCipher) -> Sequence[Standing]:
        """Returns the account's evidence of personal IDs."""
        found = await connection.execute(
            select(evidence.c.id, evidence.c.kind, evidence.c.number)
            .join(accounts, and_(accounts.c.platform == evidence.c.platform, accounts.c.account == evidence.c.account))
            .where(
                accounts.c.life.not_in(SEALED_AWAY),
                evidence.c.platform == cipher.platform,
                evidence.c.account == cipher.account_id,
                evidence.c.kind.in_(_PERSONAL_IDS),
                evidence.c.lapse_time.is_(None),
            )
            .order_by(evidence.c.id)
        )
        return [Standing(row.id, EvidenceKind(row.kind), cipher.number(row.number)) for row in found]

    async def confirm_no_mobile(
        self, connection: AsyncConnection, platform: str, account_id: str, confirmation: Consent, now: datetime
    ) -> None:
        """Keeps the holder's confirmation of having no mobile number (R2)."""
        await connection.execute(
            insert(consents).values(
                platform=platform,
                account=account_id,
                kind=ConsentKind.NO_MOBILE,
                text_version=confirmation.text_version,
                accept_time=confirmation.accept_time,
                record_time=now,
            )
        )

    async def prove(
        self,
        connection: AsyncConnection,
        order: Order,
        cipher: AccountCipher,
        proven: Proven,
        *,
        held: Held,
        now: datetime,
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Makes the personal ID the account's, and takes it from whom it cannot be; returns those about whom something else is true."""
        decided = claim(held, now, Bounds(self._caps), now)
        if not isinstance(decided, Claim):
            await self.refuse(connection, order, cipher, Outcome.TOO_MANY_ACCOUNTS, now)
            return Outcome.TOO_MANY_ACCOUNTS, ()
        await self._displace(connection, order, decided.displaced, now)
        platform, account_id = cipher.platform, cipher.account_id
        for old in await self.standing(connection, cipher):
            same = old.personal_id == proven.personal_id
            await self.lapse(connection, cipher, old, LapseReason.RENEWED if same else LapseReason.REPLACED, now)
        claims = personal_id_claims.c
        await connection.execute(
            delete(personal_id_claims).where(claims.platform == platform, claims.account == account_id)
        )
        index = self._personal.personal_id_index(platform, proven.personal_id)
        await connection.execute(
            insert(evidence).values(
                platform=platform,
                account=account_id,
                kind=EvidenceKind.PERSONAL_ID,
                source=proven.source,
                level=proven.level,
                transaction_id=proven.transaction_id,
                verify_time=proven.verify_time,
                number=cipher.seal_number(proven.personal_id),
                number_index=index,
            )
        )
        await connection.execute(
            insert(personal_id_claims).values(
                platform=platform, personal_id_index=index, account=account_id, verify_time=now
            )
        )
        await personal_id_questions.close(connection, cipher)
        detail: Json = {"source": proven.source, "level": proven.level, "transaction_id": proven.transaction_id}
        await note(connection, order, Tag.PERSONAL_ID_VERIFIED, account_id, now=now, detail=detail)
        await outbox.append(connection, [account_writes.event(order, EventKind.PERSONAL_ID_VERIFIED, account_id, now)])
        await account_writes.touch(connection, platform, (account_id,), now)
        reached = await self._bindings.follow(
            connection,
            order,
            cipher,
            now,
            held=[holder.account_id for holder in held.holders],
            values=self._personal.personal_id_indexes(platform, proven.personal_id),
        )
        return Outcome.CONFIRMED, (*decided.displaced, *sorted(reached))

    async def refuse(
        self, connection: AsyncConnection, order: Order, cipher: AccountCipher, outcome: Outcome, now: datetime
    ) -> None:
        """Ends what was declared: it is not the holder's, or nobody ever said so. What was confirmed before stands."""
        for old in await self.standing(connection, cipher):
            if old.kind is EvidenceKind.PERSONAL_ID_DECLARED:
                await self.lapse(connection, cipher, old, LapseReason.REFUSED, now)
        await personal_id_questions.close(connection, cipher)
        account_id = cipher.account_id
        detail: Json = {"outcome": outcome.value}
        await note(connection, order, Tag.PERSONAL_ID_REFUSED, account_id, now=now, detail=detail)
        event = account_writes.event(order, EventKind.PERSONAL_ID_REFUSED, account_id, now, detail)
        await outbox.append(connection, [event])
        await account_writes.touch(connection, cipher.platform, (account_id,), now)

    async def lapse(
        self, connection: AsyncConnection, cipher: AccountCipher, old: Standing, reason: LapseReason, now: datetime
    ) -> None:
        """Ends one piece of evidence; the number it was of stays with the row, sealed (R42)."""
        await connection.execute(
            update(evidence)
            .where(
                evidence.c.platform == cipher.platform,
                evidence.c.account == cipher.account_id,
                evidence.c.id == old.id,
            )
            .values(lapse_time=now, lapse_reason=reason)
        )

    async def answer(
        self,
        connection: AsyncConnection,
        order: Order,
        cipher: AccountCipher,
        outcome: Outcome,
        *,
        now: datetime,
        retry_seconds: float = 0.0,
    ) -> Verification:
        """Keeps the answer of the order, where a caller made it, and returns it."""
        account: Account | None = await self._rows.account(connection, cipher.platform, cipher.account_id, cipher)
        if account is None:
            raise LookupError("an account vanished under its lock")
        answer = Verification(outcome, view(account, now), retry_seconds)
        await self._requests.answer(connection, order, answer)
        return answer

    async def _displace(
        self, connection: AsyncConnection, order: Order, displaced: Sequence[str], now: datetime
    ) -> None:
        if not displaced:
            return
        platform, kinds = order.platform, (EvidenceKind.PERSONAL_ID,)
        await sql_claims.lapse(connection, platform, displaced, kinds, reason=LapseReason.MOVED, now=now)
        await account_writes.touch(connection, platform, displaced, now)
        moved: Json = {"reason": LapseReason.MOVED.value}
        tag, kind = Tag.PERSONAL_ID_LAPSED, EventKind.REVERIFICATION_REQUIRED
        await trail.write(connection, [account_writes.entry(order, tag, other, now, moved) for other in displaced])
        await outbox.append(connection, [account_writes.event(order, kind, other, now) for other in displaced])


async def note(
    connection: AsyncConnection, order: Order, tag: Tag, account_id: str, *, now: datetime, detail: Json
) -> None:
    """Writes a line of the audit trail."""
    await trail.write(connection, [account_writes.entry(order, tag, account_id, now, detail)])


def gone() -> FailedPrecondition:
    """Returns what is told of an account that was erased in the middle."""
    return FailedPrecondition(
        Reason.ACCOUNT_STATE, "the account was erased meanwhile", metadata={"state": State.ERASURE_SCHEDULED.value}
    )
