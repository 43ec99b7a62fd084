"""Keeps checkpoints outside of the database, and raises the alarm when the database contradicts the last one.

A chain that contradicts a checkpoint is never signed again: a signature over a trail that was rewritten would be worth more
to whoever rewrote it than to anybody else. docs/record.md says how to go on.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select

from xacthuc.audit.checkpoints import Kind
from xacthuc.audit.sealer import head_of
from xacthuc.sql.engine import transaction
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.chain import Head
    from xacthuc.audit.checkpoints import Checkpoint, CheckpointSigner
    from xacthuc.audit.outside import CheckpointFiles
    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock


class CheckpointKeeper:
    """Signs and appends, whenever it is due. Whatever a process that died left out, the next look of any makes good."""

    def __init__(
        self,
        engine: AsyncEngine,
        trail: Trail,
        clock: Clock,
        signer: CheckpointSigner,
        files: CheckpointFiles | None,
        *,
        every: timedelta,
        on_alarm: Callable[[str, bool], None],
    ) -> None:
        """Without files, checkpoints are log lines alone. `on_alarm` is told what is wrong, and when it no longer is."""
        self._engine = engine
        self._trail = trail
        self._clock = clock
        self._signer = signer
        self._files = files
        self._every = every
        self._on_alarm = on_alarm
        self._last: Checkpoint | None = None
        self._due_time: datetime | None = None
        self._log = get_logger()

    async def keep(self) -> None:
        """Makes a checkpoint when one is due. DatabaseUnavailable when it cannot be told where the chain stands."""
        now = self._clock.now()
        if self._due_time is not None and now < self._due_time:
            return
        last = await self._read_last()
        if last is not None and now < last.time + self._every:
            self._due_time = last.time + self._every  # another process was first
            return
        async with transaction(self._engine) as connection:
            head = await head_of(connection, self._trail)
            # What this process stated itself counts too, should somebody have taken that from the file.
            told = {each for each in (last, self._last) if each is not None}
            contradicted = any([await self._contradicts(connection, head, each) for each in told])
        self._on_alarm("contradicted", contradicted)
        if contradicted:
            self._log.error("audit_contradicts_checkpoint", seal=head.number)
        elif head.number > (0 if last is None else last.number):
            await self.state(self._signer.sign(Kind.REACHED, head, now))
        elif last is None:
            return  # nothing was ever sealed: the first seal is not to wait
        self._due_time = now + self._every

    async def state(self, checkpoint: Checkpoint) -> None:
        """Appends a checkpoint to the files and logs it."""
        if self._files is not None:
            try:
                await asyncio.to_thread(self._files.append, checkpoint)
            except OSError as error:
                self._on_alarm("not_kept", True)
                self._log.error("audit_checkpoint_not_kept", cause=type(error).__name__)
            else:
                self._on_alarm("not_kept", False)
        if checkpoint.kind is Kind.REACHED:
            self._last = checkpoint
        self._log.info("audit_checkpoint", checkpoint=checkpoint.line())

    async def _read_last(self) -> Checkpoint | None:
        """Returns what was stated last by any process that shares the files, or by this one."""
        if self._files is not None:
            with suppress(OSError):  # told when something is appended
                return await asyncio.to_thread(self._files.last)
        return self._last

    async def _contradicts(self, connection: AsyncConnection, head: Head, last: Checkpoint) -> bool:
        """Whether the chain was cut before the last checkpoint, or has another seal in its place."""
        of, pruned = self._trail.seals.c, self._trail.pruned.c
        row = (await connection.execute(select(of.entries, of.chain).where(of.number == last.number))).one_or_none()
        if row is not None:
            return (row.entries, bytes(row.chain)) != (last.entries, last.chain)
        gone = await connection.scalar(select(pruned.number).where(pruned.number >= last.number).limit(1))
        return gone is None or head.number < last.number
