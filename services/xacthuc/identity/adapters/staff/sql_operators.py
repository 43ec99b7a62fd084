"""Operators in PostgreSQL. They change rarely, so that every change may keep all others out of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.staff.rows import give_roles, lock, new_id, operator, revoke_all, sessions_of, tell
from xacthuc.identity.adapters.staff.tables import operators
from xacthuc.identity.domain.staff import OperatorState
from xacthuc.identity.ports.staff import Change, Clash
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import ChangeOperator, InviteOperator
    from xacthuc.identity.ports.staff import OperatorView


class SqlOperators:
    """The port `Operators`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def invite(self, command: InviteOperator, now: datetime) -> OperatorView | Clash:
        """Keeps the invitation unless somebody like that is there already."""
        order, of = command.order, operators.c
        async with transaction(self._engine) as connection:
            await lock(connection)
            if await self._requests.find(connection, order) is not None:
                return operator((await connection.execute(_where(of.request_id == order.request_id))).one())
            same = of.email == command.email if command.email else of.subject == command.subject
            taken = _where(same & (of.state != OperatorState.DISABLED)).limit(1)
            if (await connection.execute(taken)).one_or_none() is not None:
                return Clash.TAKEN
            await self._requests.record(connection, order, None, None, now)
            made = await connection.execute(
                insert(operators)
                .values(
                    operator=new_id(),
                    display_name=command.display_name,
                    roles=sorted(command.roles),
                    state=OperatorState.INVITED,
                    email=command.email or None,
                    subject=command.subject or None,
                    create_time=now,
                    request_id=order.request_id,
                )
                .returning(operators)
            )
            invited = operator(made.one())
            await tell(connection, order, Tag.OPERATOR_INVITED, invited.id, now, roles=" ".join(sorted(invited.roles)))
        return invited

    async def change(self, command: ChangeOperator, now: datetime) -> Change | Clash:
        """Changes the operator, and their sessions where these are others now."""
        is_one = _where(operators.c.operator == command.operator_id)
        async with transaction(self._engine) as connection:
            await lock(connection)
            row = (await connection.execute(is_one)).one_or_none()
            if row is None:
                return Clash.NOT_FOUND
            before = operator(row)
            if await self._requests.find(connection, command.order) is None:
                if before.state is OperatorState.DISABLED and not command.disabled:
                    return Clash.DISABLED
                await self._requests.record(connection, command.order, None, None, now)
                await _apply(connection, command, before, now)
            after = operator((await connection.execute(is_one)).one())
            return Change(after, await sessions_of(connection, command.operator_id))

    async def get(self, operator_id: str) -> OperatorView | None:
        """Reads an operator."""
        async with transaction(self._engine) as connection:
            row = (await connection.execute(_where(operators.c.operator == operator_id))).one_or_none()
        return None if row is None else operator(row)

    async def page(self, after: str, limit: int) -> Sequence[OperatorView]:
        """Reads operators by keyset."""
        query = _where(operators.c.operator > after).order_by(operators.c.operator).limit(limit)
        async with transaction(self._engine) as connection:
            return [operator(row) for row in await connection.execute(query)]


async def _apply(connection: AsyncConnection, command: ChangeOperator, before: OperatorView, now: datetime) -> None:
    write = update(operators).where(operators.c.operator == before.id)
    if command.disabled:
        if before.state is not OperatorState.DISABLED:
            await connection.execute(write.values(state=OperatorState.DISABLED, email=None))
            await revoke_all(connection, before.id)
            await tell(connection, command.order, Tag.OPERATOR_DISABLED, before.id, now)
        return
    roles = command.roles or before.roles
    name = command.display_name or before.display_name
    await connection.execute(write.values(display_name=name, roles=sorted(roles)))
    if roles != before.roles:
        await give_roles(connection, before.id, roles)
    await tell(connection, command.order, Tag.OPERATOR_CHANGED, before.id, now, roles=" ".join(sorted(roles)))


def _where(condition: ColumnElement[bool]) -> Select[Any]:
    return select(operators).where(condition)
