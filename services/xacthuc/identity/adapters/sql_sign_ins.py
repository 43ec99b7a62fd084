"""Sign-ins with providers of electronic identification in PostgreSQL, sealed between their two calls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import account_writes, answers
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.personal_id_writes import gone, note
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import sign_ins
from xacthuc.identity.domain.personal_ids import Outcome, Proven
from xacthuc.identity.ports.eid import Flow
from xacthuc.identity.ports.personal_ids import BegunSignIn, SettledPersonalId, TakenSignIn
from xacthuc.masked import Digest
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.personal_ids import Verification
    from xacthuc.identity.domain.rulings import Ruling
    from xacthuc.identity.ports.personal_ids import Candidate, NewSignIn
    from xacthuc.sql.columns import Json

_KEPT: Final = timedelta(days=1)
"""How long a flow is kept after its end, so that a repeated request finds it."""
_SWEPT_AT_ONCE: Final = 5_000


class SqlSignIns:
    """The port `SignIns`."""

    def __init__(self, database: AccountDatabase, writes: PersonalIdWrites) -> None:
        """Takes where accounts lie, and what is written of personal IDs."""
        self._engine = database.engine
        self._keys = database.keys
        self._requests = database.requests
        self._writes = writes

    @second_look
    async def admit(self, order: Order, account_id: str) -> BegunSignIn | Candidate | None:
        """Reads what is known before anybody is asked."""
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return answers.begun_sign_in(seen.answer)
            return await self._writes.candidate(connection, order.platform, account_id, key)

    async def begin(self, order: Order, account_id: str, new: NewSignIn, now: datetime) -> BegunSignIn:
        """Keeps flow, confirmation, audit and answer in one commit."""
        cipher = await self._cipher(order.platform, account_id)
        async with transaction(self._engine) as connection:
            await account_writes.lock_accounts(connection, order.platform, (account_id,))
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:  # the same request ran beside us and was first
                return answers.begun_sign_in(seen.answer)
            await self._requests.record(connection, order, account_id, new.answer, now)
            if new.confirmation is not None:
                await self._writes.confirm_no_mobile(connection, order.platform, account_id, new.confirmation, now)
            await connection.execute(
                insert(sign_ins).values(
                    state_index=_index(new.flow.state),
                    platform=order.platform,
                    account=account_id,
                    provider=new.provider,
                    flow=cipher.seal("sign-in", orjson.dumps(asdict(new.flow))),
                    expire_time=new.answer.expire_time,
                )
            )
            await note(
                connection, order, Tag.ELECTRONIC_ID_STARTED, account_id, now=now, detail={"provider": new.provider}
            )
        return new.answer

    @second_look
    async def take(self, order: Order, account_id: str, state: str, now: datetime) -> Verification | TakenSignIn | None:
        """Transaction 1."""
        key = await self._keys.get(order.platform, account_id)
        flows = sign_ins.c
        async with transaction(self._engine) as connection:
            await account_writes.lock_accounts(connection, order.platform, (account_id,))
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return answers.verification(seen.answer)
            candidate = await self._writes.candidate(connection, order.platform, account_id, key)
            if candidate is None:
                return None
            if seen is None:
                await self._requests.record(connection, order, account_id, None, now)
            taken = await connection.execute(
                update(sign_ins)
                .where(
                    flows.state_index == _index(state),
                    flows.platform == order.platform,
                    flows.account == account_id,
                    flows.expire_time > now,
                    or_(flows.used_by.is_(None), flows.used_by == order.request_id),
                )
                .values(used_by=order.request_id)
                .returning(flows.provider, flows.flow)
            )
            row = taken.one_or_none()
        if row is None or not isinstance(key, AccountCipher):
            return TakenSignIn(candidate, "", None)
        return TakenSignIn(candidate, row.provider, Flow(**orjson.loads(key.open("sign-in", row.flow))))

    async def settle(
        self,
        order: Order,
        account_id: str,
        personal_id: str,
        rule: Callable[[Candidate], Ruling],
        *,
        retry_seconds: float,
        now: datetime,
    ) -> SettledPersonalId:
        """Transaction 2."""
        cipher = await self._cipher(order.platform, account_id)
        async with transaction(self._engine) as connection:
            held = await self._writes.lock(connection, cipher, personal_id)
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return SettledPersonalId(answers.verification(seen.answer), (account_id,))
            holder = await self._writes.candidate(connection, order.platform, account_id, cipher)
            if holder is None:
                raise LookupError("an account vanished under its lock")
            ruling = rule(holder)
            displaced: tuple[str, ...] = ()
            if isinstance(ruling, Proven):
                outcome, displaced = await self._writes.prove(connection, order, cipher, ruling, held=held, now=now)
            else:
                # Nothing was declared here, so nothing lapses: who could not be told from others may try another way.
                outcome = ruling if isinstance(ruling, Outcome) else Outcome.PROVIDER_UNAVAILABLE
                detail: Json = {"outcome": outcome.value}
                await note(connection, order, Tag.ELECTRONIC_ID_REFUSED, account_id, now=now, detail=detail)
            answer = await self._writes.answer(connection, order, cipher, outcome, now=now, retry_seconds=retry_seconds)
            changed = (account_id, *displaced)
            wards = await account_writes.wards_of(connection, order.platform, changed)
        return SettledPersonalId(answer, (*changed, *wards))

    async def _cipher(self, platform: str, account_id: str) -> AccountCipher:
        key = await self._keys.get(platform, account_id)
        if not isinstance(key, AccountCipher):
            raise gone()
        return key


def _index(state: str) -> Digest:
    """Returns what a flow is found by. The state is 256 random bits, so a plain hash of it tells nobody anything."""
    return Digest(sha256(state.encode()).digest())
