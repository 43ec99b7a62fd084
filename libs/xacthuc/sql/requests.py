"""Requests that were made: what makes a repeated write answer the same, and a reused id an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Index, Table, select, text, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.sealing import BlindIndex
from xacthuc.sql.columns import digest, instant, sealed, word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, MetaData, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.masked import Digest, Sealed
    from xacthuc.order import Order
    from xacthuc.sealing import KeyRing, Sealer


def requests_table(metadata: MetaData) -> Table:
    """Adds the table to `metadata`, as `schema.requests_1` makes it."""
    return Table(
        "requests",
        metadata,
        word("platform", primary_key=True),
        word("method", primary_key=True),
        word("request_id", primary_key=True),
        digest("fingerprint"),
        # Empty between the two transactions of a verification.
        sealed("answer", nullable=True),
        instant("create_time"),
        # Whom it is about, to be forgotten with them; empty where it is about no account.
        word("account", nullable=True),
        Index("requests_age", "create_time"),
        Index("requests_account", "platform", "account", postgresql_where=text("account IS NOT NULL")),
    )


class RequestSecrets:
    """Hashes what was asked and seals what was answered, so that neither is readable in the table."""

    def __init__(self, service: str, sealer: Sealer, index_ring: KeyRing) -> None:
        """`service` keeps the answers of one service from opening as those of another."""
        self._service = service
        self._sealer = sealer
        self._requests = BlindIndex(index_ring, "request")

    def fingerprint(self, order: Order) -> Digest:
        """Returns what tells whether a repeated request is the same one."""
        return self._requests.of(order.platform, _content(order))

    def is_fingerprint(self, order: Order, kept: bytes) -> bool:
        """Whether `kept` is the fingerprint of the same request; UnknownSealKeyError when its key is gone."""
        return self._requests.matches(kept, order.platform, _content(order))

    def seal_answer(self, order: Order, answer: bytes) -> Sealed:
        """Returns an answer as it is kept for repetitions."""
        return self._sealer.seal(answer, self._answer_place(order))

    def open_answer(self, order: Order, sealed: bytes) -> bytes:
        """Returns the answer that was kept for this order."""
        return self._sealer.open(sealed, self._answer_place(order))

    def _answer_place(self, order: Order) -> bytes:
        return f"{self._service}/answer/{order.platform}/{order.method}/{order.request_id}".encode()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came before."""

    answer: Mapping[str, Any] | None = field(repr=False)
    """As `read` gives it; None while it is being carried out, and where the answer is read elsewhere."""


class SqlRequests:
    """Works within the transaction of the write it belongs to."""

    def __init__(self, requests: Table, secrets: RequestSecrets) -> None:
        """Takes the table, and what hashes payloads and seals answers."""
        self._requests = requests
        self._secrets = secrets

    async def find(self, connection: AsyncConnection, order: Order) -> Seen | None:
        """Returns what is known of the order's id; RequestIdReused when it came with another payload.

        Of an account that is locked it stays true. Nobody locks a request before the account it is about, which would
        be the reverse of what everybody else does.
        """
        row = (await connection.execute(self.kept(order))).one_or_none()
        return None if row is None else self.seen(order, row)

    def kept(self, order: Order) -> Select[Any]:
        """Returns the question for the row that `seen` reads, to be asked along with others."""
        return select(self._requests.c.fingerprint, self._requests.c.answer).where(self._is(order))

    def seen(self, order: Order, row: Row[Any]) -> Seen | None:
        """Reads it, as `find` does."""
        if row.fingerprint is None:
            return None
        if not self._secrets.is_fingerprint(order, row.fingerprint):
            raise RequestIdReused
        return Seen(None if row.answer is None else read(self._secrets.open_answer(order, row.answer)))

    async def record(
        self, connection: AsyncConnection, order: Order, account_id: str | None, answer: object, now: datetime
    ) -> bool:
        """Keeps the order with its answer, if there is one yet, and whom it is about, to be forgotten with that account.

        Returns whether it was kept just now, rather than by a call beside this one.

        RequestIdReused when another payload took the id meanwhile, which undoes the write.
        """
        kept = await connection.execute(
            insert(self._requests)
            .values(
                platform=order.platform,
                method=order.method,
                request_id=order.request_id,
                fingerprint=self._secrets.fingerprint(order),
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
        kept = update(self._requests).where(self._is(order)).values(answer=self._sealed(order, answer))
        await connection.execute(kept)

    def _sealed(self, order: Order, answer: object) -> Sealed:
        return self._secrets.seal_answer(order, spell(answer))

    def _is(self, order: Order) -> ColumnElement[bool]:
        of = self._requests.c
        return (of.platform == order.platform) & (of.method == order.method) & (of.request_id == order.request_id)


def spell(answer: object) -> bytes:
    """Returns any answer made of dataclasses, members of closed sets and instants as JSON."""
    return orjson.dumps(answer)


def read(kept: bytes) -> dict[str, Any]:
    """Returns what `spell` made."""
    fields: dict[str, Any] = orjson.loads(kept)
    return fields


def _content(order: Order) -> str:
    return f"{order.method}\n{order.payload}"
