"""The stream of ImportAccounts, with a few batches ahead of their answers."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import grpc
import grpc.aio

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2
from xacthuc.backfill.domain.importing import Answer, RefusedRow
from xacthuc.backfill.ports.importing import IdentityAway
from xacthuc.client.failures import error_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from xacthuc.backfill.domain.importing import Sent

_PATH: Final = "/xacthuc.api.identity.v1.IdentityInternal/ImportAccounts"
_AHEAD: Final = 3
"""Batches that are sent and not answered: one is committed, one made ready, one on its way."""
_AWAY: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,  # a connection that broke within a message
    }
)
_Verdict: Final = internal_pb2.ImportVerdict


class IdentityImports:
    """Sends batches."""

    def __init__(self, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...]) -> None:
        """`metadata` names the platform."""
        self._method: Any = channel.stream_stream(
            _PATH, response_deserializer=internal_pb2.ImportAccountsResponse.FromString
        )  # batches are bytes already
        self._metadata = metadata

    async def send(self, batches: Iterator[Sent]) -> AsyncGenerator[Answer]:
        """Yields what became of each batch, in order, until the last one, or until the server ends the stream.

        IdentityAway when it breaks off and may go on later; another error of `xacthuc.client` when it may not.
        """
        waiting: deque[Sent] = deque()
        room, broken = asyncio.Semaphore(_AHEAD), list[Exception]()

        async def sent() -> AsyncGenerator[bytes]:
            try:
                for batch in batches:
                    await room.acquire()
                    waiting.append(batch)
                    yield batch.message
            except Exception as error:  # gRPC would tell that the call was cancelled, and not why
                broken.append(error)
                raise

        async with aclosing(sent()) as requests:
            call = self._method(requests, metadata=self._metadata)
            try:
                async for response in call:
                    answer = _answer(waiting.popleft(), response)
                    room.release()
                    yield answer
            except grpc.aio.AioRpcError as error:
                if error.code() in _AWAY:
                    raise IdentityAway(str(error_of(error))) from None
                raise error_of(error) from None
            except asyncio.CancelledError:
                if broken:
                    raise broken[0] from None
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                raise IdentityAway(
                    "the stream broke off"
                ) from None  # gRPC's word for a call that failed while it wrote
            finally:
                call.cancel()


def _answer(batch: Sent, response: internal_pb2.ImportAccountsResponse) -> Answer:
    outcomes, phones, states = Counter[int](), Counter[int](), Counter[int]()
    refused = []
    if response.batch_id != batch.batch_id or len(response.verdicts) != len(batch.places):
        raise IdentityAway("an answer is not that to the batch")
    for (file, place), verdict in zip(batch.places, response.verdicts, strict=True):
        outcomes[verdict.outcome] += 1
        if verdict.outcome == _Verdict.REFUSED:
            fault = verdict.faults[0] if verdict.faults else _Verdict.Fault(reason="REFUSED")
            refused.append(RefusedRow(file, place, fault.field, fault.reason))
            continue
        states[verdict.state] += 1
        if verdict.phone:
            phones[verdict.phone] += 1
    return Answer(
        number=batch.number,
        rows=len(batch.places),
        outcomes=_named(outcomes, _Verdict.Outcome),
        phones=_named(phones, _Verdict.Phone),
        states=_named(states, resources_pb2.Account.State),
        extended=response.counts.transitions_extended,
        displaced=response.counts.displaced,
        refused=refused,
    )


def _named(counts: Counter[int], enum: Any) -> dict[str, int]:
    known = enum.values()
    return {enum.Name(value) if value in known else str(value): count for value, count in counts.items()}
