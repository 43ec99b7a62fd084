"""Keeps every server's copy of the platform keys, and of the staff's sessions, in step with the database.

What changes is told at once. All records are told again at the start (a process may have died between a commit and its
message), when the store is found empty, and after a failure, until it works.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from xacthuc.credentials.signing import Record
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from xacthuc.credentials.publisher import Publisher

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)


class Source(Protocol[R_co]):
    """Where all records are."""

    async def records(self) -> Sequence[R_co]:
        """Returns them, those of what has ended too: their holders are told which of it they are."""
        ...


class KeyPublication(Generic[R]):
    """The ports `Publication` and `SessionPublication`, and the task that heals."""

    def __init__(self, publisher: Publisher[R], source: Source[R], interval: timedelta) -> None:
        """Looks after the store every `interval`."""
        self._publisher = publisher
        self._source = source
        self._interval_seconds = interval.total_seconds()
        self._behind = asyncio.Event()
        self._behind.set()
        self._log = get_logger()

    async def publish(self, records: Sequence[R]) -> None:
        """Tells every server; a failure is made good by the task and raised."""
        try:
            await self._publisher.publish(records)
        except StoreError:
            self._behind.set()
            raise

    async def run(self) -> None:
        """Heals until cancelled."""
        while True:
            try:
                if self._behind.is_set() or not await self._publisher.is_published():
                    await self._publish_all()
            except (StoreError, DatabaseUnavailable) as error:
                self._log.warning("keys_wait_for_publication", cause=type(error).__name__)
                await asyncio.sleep(self._interval_seconds)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._behind.wait()

    async def _publish_all(self) -> None:
        self._behind.clear()
        try:
            records = await self._source.records()
            await self._publisher.publish(records)
        except (StoreError, DatabaseUnavailable):
            self._behind.set()
            raise
        if records:  # before the first key the store is found empty every time
            self._log.info("keys_published", count=len(records))
