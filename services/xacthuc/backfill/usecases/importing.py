"""Sending the shards of an export to identity: whatever breaks off is taken up where it was."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from xacthuc.backfill.ports.importing import IdentityAway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xacthuc.backfill.domain.importing import Sent
    from xacthuc.backfill.ports.importing import Imports, Kept

_FIRST_PAUSE: Final = timedelta(milliseconds=200)
_LONGEST_PAUSE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends one shard."""

    imports: Imports
    patience: timedelta
    """How long nothing may be answered before it is given up."""
    reached: Callable[[int], None]
    """Is told how many more rows are answered."""

    async def run(self, kept: Kept, batches: Callable[[Callable[[int], bool]], Iterator[Sent]]) -> None:
        """Sends what is not answered yet; IdentityAway when that is to no avail for as long as the patience lasts."""
        self.reached(sum(kept.done.values()))
        pause, paused = _FIRST_PAUSE, timedelta()
        while True:
            left = _Left(batches(kept.done.__contains__))
            before = len(kept.done)
            try:
                async with aclosing(self.imports.send(left)) as answers:
                    async for answer in answers:
                        kept.add(answer)
                        self.reached(answer.rows)
            except IdentityAway:
                if len(kept.done) == before and paused >= self.patience:
                    raise
            if left.is_over and len(kept.done) == before + left.taken:
                return
            if len(kept.done) > before:
                pause, paused = _FIRST_PAUSE, timedelta()
            await asyncio.sleep(pause.total_seconds())
            paused += pause
            pause = min(pause * 2, _LONGEST_PAUSE)


class _Left:
    """Batches, and how many were taken."""

    def __init__(self, batches: Iterator[Sent]) -> None:
        self._batches = batches
        self.taken, self.is_over = 0, False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Sent:
        try:
            batch = next(self._batches)
        except StopIteration:
            self.is_over = True
            raise
        self.taken += 1
        return batch
