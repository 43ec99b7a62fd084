"""Importing the accounts that a platform had before: one batch is made ready while the one before is committed."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.import_rows import Judge
from xacthuc.identity.ports.imports import Imported, JudgedBatch
from xacthuc.sql.errors import DatabaseBusy
from xacthuc.telemetry.tracing import activate, apart, current, span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from xacthuc.identity.commands import ImportBatch
    from xacthuc.identity.domain.import_rows import Candidate
    from xacthuc.identity.domain.importing import Verdict
    from xacthuc.identity.ports.imports import Merge, Merged
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.telemetry.tracing import TraceContext

_ROWS_A_TURN: Final = 128
"""Rows read and judged before other calls of the process have theirs: about a millisecond."""
_TRIES: Final = 3
"""Of a merge that met another one: two imports of the same accounts may wait for each other once."""


async def import_accounts(identity: Identity, batches: AsyncIterator[ImportBatch]) -> AsyncGenerator[Imported]:
    """Yields what became of each batch, in order. Two are in memory: one being merged, and the next being made ready.

    Whatever is interrupted is taken up by the same batch ids: those that are committed answer as they did.
    """
    prepared = _prepared(identity, batches)
    preparing = asyncio.ensure_future(anext(prepared, None))
    try:
        while (found := await preparing) is not None:
            (ready, trace), preparing = found, asyncio.ensure_future(anext(prepared, None))
            if isinstance(ready, Imported):
                yield ready
            else:
                yield await identity.shield.finish(_merge(identity, ready, trace))
    finally:
        preparing.cancel()
        await asyncio.gather(preparing, return_exceptions=True)
        await prepared.aclose()


async def _prepared(
    identity: Identity, batches: AsyncIterator[ImportBatch]
) -> AsyncGenerator[tuple[Imported | Merge, TraceContext | None]]:
    """Yields each batch ready to be merged, or its answer if it was merged before, with the trace that it is.

    A stream that goes on where another broke off repeats batches at its beginning. Behind the first new one nobody asks
    any more: that takes a transaction a batch, and the merge asks again under its lock.
    """
    repeats = True
    async for batch in batches:
        with apart("identity.import_batch"):
            known = await identity.imports.find(batch.order) if repeats else None
            repeats = known is not None
            ready, trace = known or await identity.imports.seal(await _judge(identity, batch)), current()
        yield ready, trace


async def _judge(identity: Identity, batch: ImportBatch) -> JudgedBatch:
    now = identity.clock.now()
    judge, taken = Judge(identity.policy, identity.plan, now), set[str]()
    rows: list[Candidate | Verdict] = []
    while turn := list(islice(batch.rows, _ROWS_A_TURN)):
        rows += judge.batch(turn, len(rows), taken)
        await asyncio.sleep(0)
    return JudgedBatch(order=batch.order, rows=rows, now=now)


async def _merge(identity: Identity, merge: Merge, trace: TraceContext | None) -> Imported:
    if trace is not None:
        activate(trace)  # a merge is shielded by a task of its own
    with span("identity.import_merge"):
        merged = await _merged(merge)
        if merged.changed:
            await identity.follow(merged.platform, merged.changed)
    return merged.answer


async def _merged(merge: Merge) -> Merged:
    for _ in range(_TRIES - 1):
        try:
            return await merge()
        except DatabaseBusy:
            continue
    return await merge()
