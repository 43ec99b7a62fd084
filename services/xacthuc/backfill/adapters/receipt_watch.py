"""Follows what becomes of notices, as otp tells it, and keeps it until it is settled (`settling.py`)."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.backfill.adapters.tables import campaigns, cursors, receipts
from xacthuc.backfill.domain.receipts import Heard, Word
from xacthuc.sql.following import Following, Stream, Told

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.telemetry.tracing import Tracer

_STREAM: Final = Stream("otp.outcomes", "receipts")
_Outcome = internal_pb2.Outcome
_WORDS: Final = {_Outcome.SENT: Word.SENT, _Outcome.DELIVERED: Word.DELIVERED, _Outcome.FAILED: Word.FAILED}
_OUT_OF_USE: Final = "number_inactive"


class Receipt(NamedTuple):
    """Something that was told of a notice."""

    platform: str
    notice: str
    """As SendNotice named it."""
    heard: Heard


class ReceiptWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self, engine: AsyncEngine, otp: ServiceChannel, clock: Clock, tracer: Tracer, *, due: Callable[[], None]
    ) -> None:
        """`due` hears that something has to be settled."""
        self._otp = otp
        self._method = internal_pb2_grpc.OtpInternalStub(otp.channel).WatchOutcomes
        self._due = due
        self._following = Following(
            engine, cursors, _STREAM, clock, tracer=tracer, watch=self._watch, deal=_keep, dealt=self._tell
        )

    async def run(self) -> None:
        """Follows until cancelled. What was lost to us is never heard: the notice stays as dear as it was reckoned."""
        await self._following.run()

    async def _watch(self, cursor: bytes) -> AsyncGenerator[Told[Sequence[Receipt]], None]:
        request = internal_pb2.WatchOutcomesRequest(cursor=cursor, kinds=list(_WORDS), only_notices=True)
        async with aclosing(self._otp.watch(self._method, request)) as stream:
            async for told in stream:
                yield Told(told.cursor, [_receipt(outcome) for outcome in told.outcomes], told.traceparents)

    async def _tell(self, kept: int) -> None:
        if kept:
            self._due()


def _receipt(outcome: internal_pb2.Outcome) -> Receipt:
    notice, _, reason = outcome.detail.partition(":")
    word = Word.OUT_OF_USE if reason == _OUT_OF_USE else _WORDS[outcome.kind]
    return Receipt(outcome.platform, notice, Heard(word, outcome.provider, outcome.cost_vnd))


async def _keep(connection: AsyncConnection, told: Sequence[Receipt], now: datetime) -> int:
    """Keeps what platforms are told that have campaigns; returns how much of it is new."""
    if not told:
        return 0
    of = campaigns.c
    asking = select(of.platform).distinct().where(of.platform.in_({each.platform for each in told}))
    ours = set(await connection.scalars(asking))
    kept = [
        {
            "platform": each.platform,
            "notice": each.notice,
            "word": each.heard.word,
            "provider": each.heard.provider,
            "vnd": each.heard.cost_vnd,
            "look_time": now,
            "create_time": now,
        }
        for each in told
        if each.platform in ours
    ]
    if not kept:
        return 0
    return (await connection.execute(insert(receipts).values(kept).on_conflict_do_nothing())).rowcount
