"""Declared personal IDs in PostgreSQL: the declaration with its question, and later what the answer comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import account_writes, answers
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.personal_id_writes import gone, note
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import evidence, jobs, outbox, personal_id_checks
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Details, Outcome, Proven, Waits
from xacthuc.identity.ports.personal_ids import Check, Declared, SettledPersonalId
from xacthuc.ids import new_request_id
from xacthuc.jobs.job import Job
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Row
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
            if seen is not None and not await self._is_open(connection, key, same):
                # The call was cut off, and a job or the provider's report has settled its question since.
                return Declared(await self._writes.answer(connection, order, key, _stands(same), now=now), None)
            if seen is None:
                await self._record(connection, order, key, declaration, now)
            if EvidenceKind.PERSONAL_ID in same:
                return Declared(await self._writes.answer(connection, order, key, Outcome.CONFIRMED, now=now), None)
            declared = same.get(EvidenceKind.PERSONAL_ID_DECLARED)
            place = (
                declared.id
                if declared
                else await self._declared(connection, order, key, declaration, standing, now=now)
            )
            if not declaration.asked:
                await self._writes.close_check(connection, key)
                return Declared(await self._writes.answer(connection, order, key, Outcome.DECLARED, now=now), None)
            await self._open_check(connection, key, place, declaration.next_time, now)
            return Declared(None, await self._read(connection, key))

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
        checks = personal_id_checks.c
        async with transaction(self._engine) as connection:
            found = await connection.execute(
                select(checks.platform, checks.account, checks.check_id).where(
                    checks.provider == provider, checks.transaction_id == transaction_id
                )
            )
            row = found.first()
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
                    await self._wait(connection, current, ruling, now, compared=findings.complete)
                    outcome, pause_seconds = Outcome.PENDING, ruling.pause.total_seconds()
                case Outcome.DECLARED:
                    await self._writes.close_check(connection, cipher)
                    outcome = ruling
                case _:
                    await self._writes.refuse(connection, order, cipher, ruling, now)
                    outcome = ruling
            answer = await self._writes.answer(connection, order, cipher, outcome, now=now, retry_seconds=pause_seconds)
            changed = (check.account_id, *displaced)
            wards = await account_writes.wards_of(connection, order.platform, changed)
        return SettledPersonalId(answer, (*changed, *wards))

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

    async def _is_open(
        self, connection: AsyncConnection, cipher: AccountCipher, same: dict[EvidenceKind, Standing]
    ) -> bool:
        declared = same.get(EvidenceKind.PERSONAL_ID_DECLARED)
        checks = personal_id_checks.c
        evidence_id = await connection.scalar(
            select(checks.evidence_id).where(checks.platform == cipher.platform, checks.account == cipher.account_id)
        )
        return declared is not None and declared.id == evidence_id

    async def _open_check(
        self, connection: AsyncConnection, cipher: AccountCipher, evidence_id: int, next_time: datetime, now: datetime
    ) -> None:
        """Opens a question about that evidence, unless it is open already; one about another number is dropped."""
        checks = personal_id_checks.c
        place = (checks.platform == cipher.platform) & (checks.account == cipher.account_id)
        await connection.execute(delete(personal_id_checks).where(place, checks.evidence_id != evidence_id))
        check_id = new_request_id()
        opened = await connection.execute(
            insert(personal_id_checks)
            .values(
                platform=cipher.platform,
                account=cipher.account_id,
                check_id=check_id,
                evidence_id=evidence_id,
                provider="",
                compared=False,
                create_time=now,
                next_time=next_time,
            )
            .on_conflict_do_nothing()
        )
        if opened.rowcount:
            await jobs.enqueue(connection, [_job(cipher.platform, cipher.account_id, check_id, next_time)])

    async def _read(self, connection: AsyncConnection, cipher: AccountCipher) -> Check | None:
        """Returns the account's open question with what it is about as it stands now."""
        checks, platform, account_id = personal_id_checks.c, cipher.platform, cipher.account_id
        found = await connection.execute(
            select(personal_id_checks).where(checks.platform == platform, checks.account == account_id)
        )
        row: Row[Any] | None = found.one_or_none()
        candidate = None if row is None else await self._writes.candidate(connection, platform, account_id, cipher)
        if row is None or candidate is None:
            return None
        numbers = await connection.execute(
            select(evidence.c.id, evidence.c.kind, evidence.c.number).where(
                evidence.c.platform == platform,
                evidence.c.account == account_id,
                (evidence.c.id == row.evidence_id)
                | ((evidence.c.kind == EvidenceKind.PHONE) & evidence.c.lapse_time.is_(None)),
            )
        )
        by_kind = {each.kind: cipher.number(each.number) for each in numbers}
        return Check(
            platform=platform,
            account_id=account_id,
            check_id=row.check_id,
            ours=Details(
                personal_id=by_kind[EvidenceKind.PERSONAL_ID_DECLARED],
                full_name=candidate.full_name,
                birth_date=candidate.birth_date,
            ),
            number=by_kind.get(EvidenceKind.PHONE, ""),
            provider=row.provider,
            transaction_id=row.transaction_id or "",
            compared=row.compared,
            create_time=row.create_time,
            next_time=row.next_time,
        )

    async def _wait(
        self, connection: AsyncConnection, check: Check, waits: Waits, now: datetime, *, compared: bool
    ) -> None:
        checks, next_time = personal_id_checks.c, now + waits.pause
        await connection.execute(
            update(personal_id_checks)
            .where(checks.platform == check.platform, checks.account == check.account_id)
            .values(
                provider=waits.provider,
                transaction_id=waits.transaction_id or None,
                compared=compared,
                next_time=next_time,
            )
        )
        await jobs.enqueue(connection, [_job(check.platform, check.account_id, check.check_id, next_time)])

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


def _job(platform: str, account_id: str, check_id: str, not_before: datetime) -> Job:
    return Job(
        JobKind.PERSONAL_ID_CHECK,
        check_id,
        {"platform": platform, "account": account_id, "check": check_id},
        not_before,
    )
