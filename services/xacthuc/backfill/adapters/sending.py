"""Has campaigns that run ask their accounts: decides, carries out, and looks again."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.domain.actions import Tell
from xacthuc.grpckit.errors import XacthucError
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.backfill.adapters.carrying import Carrying
    from xacthuc.backfill.adapters.deciding import Deciding, Errand
    from xacthuc.telemetry.tracing import Tracer

_LOOK_SECONDS: Final = 1.0


class Sending:
    """Runs beside the calls, in every process. Two of them never do the same at once: the lease keeps them apart."""

    def __init__(self, deciding: Deciding, carrying: Carrying, tracer: Tracer, *, at_once: int) -> None:
        """`at_once` is how many accounts are asked about, told or sent to side by side."""
        self._deciding = deciding
        self._carrying = carrying
        self._tracer = tracer
        self._turns = asyncio.Semaphore(at_once)
        self._wake = asyncio.Event()
        self._log = get_logger()

    def wake(self) -> None:
        """Says that somebody may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Sends until cancelled. Whoever is down is waited for."""
        while True:
            self._wake.clear()
            try:
                while await self.step():
                    pass
            except (DatabaseUnavailable, XacthucError) as error:
                self._log.warning("sending_waits", cause=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS * random.uniform(0.8, 1)):
                    await self._wake.wait()

    async def step(self) -> bool:
        """Looks once at every campaign that runs; whether more may be due. Raises what failed when nothing succeeded."""
        more = False
        for platform, name in await self._deciding.running():
            decided = await self._deciding.decide(platform, name)
            await self._carry_all(decided.errands)
            more = more or decided.more
        return more

    async def _carry_all(self, errands: Sequence[Errand]) -> None:
        """Carries a batch out as one trace, which whoever is asked about an account goes on with."""
        if not errands:
            return
        started, size = errands[0].kept.trace, {"xacthuc.backfill.accounts": len(errands)}
        with self._tracer.job("backfill.batch", started, size):
            done = await asyncio.gather(*map(self._carry, errands), return_exceptions=True)
        failed = [result for result in done if isinstance(result, BaseException)]
        for failure in failed:
            if len(failed) == len(done) or not isinstance(failure, (DatabaseUnavailable, XacthucError)):
                raise failure
        if failed:
            self._log.warning("sending_waits", cause=type(failed[0]).__name__)

    async def _carry(self, errand: Errand) -> None:
        async with self._turns:
            name = "backfill.tell" if isinstance(errand.action, Tell) else "backfill.notify"
            with span(name, {"xacthuc.backfill.wave": errand.action.wave}):
                await self._carrying.carry(errand)
