"""Requests that were made: what makes a repeated write answer the same, and a reused id an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters import answers
from xacthuc.identity.adapters.tables import requests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.masked import Sealed


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came before."""

    answer: Mapping[str, Any] | None = field(repr=False)
    """As `answers` reads it; None while it is being carried out, and where the answer is read elsewhere."""


class SqlRequests:
    """Works within the transaction of the write it belongs to."""

    def __init__(self, personal: PersonalData) -> None:
        """Takes what hashes payloads and seals answers."""
        self._personal = personal

    async def find(self, connection: AsyncConnection, order: Order) -> Seen | None:
        """Returns what is known of the order's id; RequestIdReused when it came with another payload.

        Of an account that is locked it stays true. Nobody locks a request before the account it is about, which would
        be the reverse of what everybody else does.
        """
        query = select(requests.c.fingerprint, requests.c.answer).where(_is(order))
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if not self._personal.is_fingerprint(order, row.fingerprint):
            raise RequestIdReused
        return Seen(None if row.answer is None else answers.read(self._personal.open_answer(order, row.answer)))

    async def record(
        self, connection: AsyncConnection, order: Order, account_id: str | None, answer: object, now: datetime
    ) -> bool:
        """Keeps the order with its answer, if there is one yet, and whom it is about, to be forgotten with that account.

        Returns whether it was kept just now, rather than by a call beside this one.

        RequestIdReused when another payload took the id meanwhile, which undoes the write.
        """
        kept = await connection.execute(
            insert(requests)
            .values(
                platform=order.platform,
                method=order.method,
                request_id=order.request_id,
                fingerprint=self._personal.fingerprint(order),
                answer=None if answer is None else self._sealed(order, answer),
                create_time=now,
                account=account_id,
            )
            .on_conflict_do_nothing()
        )
        if kept.rowcount == 0:
            await self.find(connection, order)
        return kept.rowcount == 1

    async def answer(self, connection: AsyncConnection, order: Order, answer: object) -> None:
        """Keeps the answer of an order that was recorded without one."""
        await connection.execute(update(requests).where(_is(order)).values(answer=self._sealed(order, answer)))

    def _sealed(self, order: Order, answer: object) -> Sealed:
        return self._personal.seal_answer(order, answers.spell(answer))


def _is(order: Order) -> ColumnElement[bool]:
    return (
        (requests.c.platform == order.platform)
        & (requests.c.method == order.method)
        & (requests.c.request_id == order.request_id)
    )
