"""Declared personal IDs in PostgreSQL: the declaration with its question, and later what the answer comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import account_writes, answers, personal_id_questions
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.personal_id_writes import gone, note
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import evidence, outbox
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Details, Outcome, Proven, Waits
from xacthuc.identity.ports.personal_ids import Check, Declared, SettledPersonalId
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites, Standing
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.rulings import Ruling
    from xacthuc.identity.ports.personal_ids import Candidate, Declaration, Findings
    from xacthuc.sql.columns import Json

_NOBODY: Final = Declared(None, None)


class SqlPersonalIds:
    """The port `PersonalIds`."""

    def __init__(self, database: AccountDatabase, writes: PersonalIdWrites) -> None:
        """Takes where accounts lie, and what is written of personal IDs."""
        self._engine = database.engine
        self._keys = database.keys
        self._personal = database.personal
        self._requests = database.requests
        self._writes = writes

    @second_look
    async def declare(
        self, order: Order, account_id: str, decide: Callable[[Candidate], Declaration], now: datetime
    ) -> Declared:
        """Transaction 1."""
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            await account_writes.lock_accounts(connection, order.platform, (account_id,))
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return Declared(answers.verification(seen.answer), None)
            candidate = await self._writes.candidate(connection, order.platform, account_id, key)
            if candidate is None:
                return _NOBODY
            declaration = decide(candidate)
            if not isinstance(key, AccountCipher):
                raise gone()
            standing = await self._writes.standing(connection, key)
            same = {one.kind: one for one in standing if one.personal_id == declaration.personal_id}
            declared = same.get(EvidenceKind.PERSONAL_ID_DECLARED)
            if seen is not None and not (
                declared and await personal_id_questions.about(connection, key) == declared.id
            ):
                # The call was cut off, and a job or the provider's report has settled its question since.
                return Declared(await self._writes.answer(connection, order, key, _stands(same), now=now), None)
            if seen is None:
                await self._record(connection, order, key, declaration, now)
            if EvidenceKind.PERSONAL_ID in same:
                return Declared(await self._writes.answer(connection, order, key, Outcome.CONFIRMED, now=now), None)
            place = (
                declared.id
                if declared
                else await self._declared(connection, order, key, declaration, standing, now=now)
            )
            if not declaration.asked:
                await personal_id_questions.close(connection, key)
                return Declared(await self._writes.answer(connection, order, key, Outcome.DECLARED, now=now), None)
            await personal_id_questions.ask(connection, key, place, declaration.next_time, now)
            return Declared(None, await personal_id_questions.read(connection, key, candidate))

    async def check(self, platform: str, account_id: str, check_id: str) -> Check | None:
        """Reads a question by its account."""
        cipher = await self._keys.get(platform, account_id)
        if not isinstance(cipher, AccountCipher):
            return None
        async with transaction(self._engine) as connection:
            found = await self._read(connection, cipher)
        return found if found is not None and found.check_id == check_id else None

    async def reported(self, provider: str, transaction_id: str) -> Check | None:
        """Reads a question by the provider's name for it."""
        async with transaction(self._engine) as connection:
            row = await personal_id_questions.find(connection, provider, transaction_id)
        return None if row is None else await self.check(row.platform, row.account, row.check_id)

    async def settle(
        self,
        check: Check,
        rule: Callable[[Details], Ruling],
        findings: Findings,
        order: Order,
        now: datetime,
    ) -> SettledPersonalId:
        """Transaction 2."""
        cipher = await self._keys.get(check.platform, check.account_id)
        if not isinstance(cipher, AccountCipher):
            raise gone()
        async with transaction(self._engine) as connection:
            held = await self._writes.lock(connection, cipher, check.ours.personal_id or "")
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:  # the same request ran beside us and was first
                return SettledPersonalId(answers.verification(seen.answer), (check.account_id,))
            current = await self._read(connection, cipher)
            if current is None or current.check_id != check.check_id:
                standing = await self._writes.standing(connection, cipher)
                same = {one.kind: one for one in standing if one.personal_id == check.ours.personal_id}
                return SettledPersonalId(
                    await self._writes.answer(connection, order, cipher, _stands(same), now=now), ()
                )
            await self._keep(connection, order, cipher, findings, now)
            ruling, pause_seconds = rule(current.ours), 0.0
            displaced: tuple[str, ...] = ()
            match ruling:
                case Proven():
                    outcome, displaced = await self._writes.prove(connection, order, cipher, ruling, held=held, now=now)
                case Waits():
                    await personal_id_questions.put_off(connection, current, ruling, now, compared=findings.complete)
                    outcome, pause_seconds = Outcome.PENDING, ruling.pause.total_seconds()
                case Outcome.DECLARED:
                    await personal_id_questions.close(connection, cipher)
                    outcome = ruling
                case _:
                    await self._writes.refuse(connection, order, cipher, ruling, now)
                    outcome = ruling
            answer = await self._writes.answer(connection, order, cipher, outcome, now=now, retry_seconds=pause_seconds)
            changed = (check.account_id, *displaced)
            wards = await account_writes.wards_of(connection, order.platform, changed)
        return SettledPersonalId(answer, (*changed, *wards))

    async def _read(self, connection: AsyncConnection, cipher: AccountCipher) -> Check | None:
        candidate = await self._writes.candidate(connection, cipher.platform, cipher.account_id, cipher)
        return None if candidate is None else await personal_id_questions.read(connection, cipher, candidate)

    async def _record(
        self,
        connection: AsyncConnection,
        order: Order,
        cipher: AccountCipher,
        declaration: Declaration,
        now: datetime,
    ) -> None:
        await self._requests.record(connection, order, cipher.account_id, None, now)
        if declaration.confirmation is not None:
            await self._writes.confirm_no_mobile(
                connection, cipher.platform, cipher.account_id, declaration.confirmation, now
            )

    async def _declared(
        self,
        connection: AsyncConnection,
        order: Order,
        cipher: AccountCipher,
        declaration: Declaration,
        standing: Sequence[Standing],
        *,
        now: datetime,
    ) -> int:
        """Keeps a number that was not declared before, in the place of one that was; returns its evidence's id."""
        for old in standing:
            if old.kind is EvidenceKind.PERSONAL_ID_DECLARED:
                await self._writes.lapse(connection, cipher, old, LapseReason.REPLACED, now)
        made = await connection.execute(
            insert(evidence)
            .values(
                platform=cipher.platform,
                account=cipher.account_id,
                kind=EvidenceKind.PERSONAL_ID_DECLARED,
                source="holder",
                verify_time=now,
                number=cipher.seal_number(declaration.personal_id),
                number_index=self._personal.personal_id_index(cipher.platform, declaration.personal_id),
            )
            .returning(evidence.c.id)
        )
        detail: Json = {
            "ground": declaration.ground.value,
            "doubts": ",".join(declaration.doubts),
        }
        await note(connection, order, Tag.PERSONAL_ID_DECLARED, cipher.account_id, now=now, detail=detail)
        event = account_writes.event(order, EventKind.PERSONAL_ID_DECLARED, cipher.account_id, now)
        await outbox.append(connection, [event])
        await account_writes.touch(connection, cipher.platform, (cipher.account_id,), now)
        evidence_id: int = made.scalar_one()
        return evidence_id

    async def _keep(
        self, connection: AsyncConnection, order: Order, cipher: AccountCipher, findings: Findings, now: datetime
    ) -> None:
        """Keeps what each operator said of each detail, never a blanket yes."""
        for match in findings.matches:
            detail: Json = {
                "operator": match.operator,
                "full_name": match.full_name.value,
                "birth_date": match.birth_date.value,
                "personal_id": match.personal_id.value,
                "full_name_score": match.full_name_score,
            }
            await note(connection, order, Tag.SUBSCRIBER_COMPARED, cipher.account_id, now=now, detail=detail)


def _stands(same: dict[EvidenceKind, Standing]) -> Outcome:
    """Returns what came of a question that is closed, by what stands of its number."""
    if EvidenceKind.PERSONAL_ID in same:
        return Outcome.CONFIRMED
    return Outcome.DECLARED if same else Outcome.NOT_CONFIRMED
