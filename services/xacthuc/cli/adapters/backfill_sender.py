"""Sends the shards of an import to identity, several at a time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import grpc.aio

from xacthuc.backfill.adapters.identity_imports import IdentityImports
from xacthuc.backfill.adapters.journal import Journal, JournalInUseError
from xacthuc.backfill.usecases.importing import Sending
from xacthuc.cli.failure import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from xacthuc.backfill.adapters.work import Work
    from xacthuc.client.endpoint import Endpoint


def send(
    endpoint: Endpoint,
    work: Work,
    platform: str,
    shards: Sequence[int],
    *,
    streams: int,
    patience: timedelta,
    reached: Callable[[int], None],
) -> None:
    """Sends all that is not answered yet; raises the first failure when all streams have ended."""

    async def all_shards() -> None:
        async with endpoint.open(grpc.aio) as channel:
            sending = Sending(IdentityImports(channel, endpoint.metadata), patience, reached)
            free = asyncio.Semaphore(streams)

            async def one(shard: int) -> None:
                async with free:
                    with _journal(work, platform, shard) as journal:
                        await sending.run(journal, partial(work.batches, shard, platform))

            ended = await asyncio.gather(*map(one, shards), return_exceptions=True)
        for failure in ended:
            if failure is not None:
                raise failure

    asyncio.run(all_shards())


def _journal(work: Work, platform: str, shard: int) -> Journal:
    try:
        return Journal(work.journal(shard, platform))
    except JournalInUseError:
        raise CommandFailed(
            f"another process is sending part {shard}", advice="Wait for it, or send another part: --shard I."
        ) from None
