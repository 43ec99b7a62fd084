"""The connections of one worker to one message center: made, watched, and made again when they end.

Owns their number and the pauses between tries. What passes over one is session.py.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.adapters.smpp import pdu
from xacthuc.otp.delivery.adapters.smpp.session import BindRefused, Lost, Session, Unsent
from xacthuc.otp.delivery.adapters.smpp.statuses import CREDENTIALS_REFUSED
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from xacthuc.otp.delivery.adapters.smpp.pdu import Pdu
    from xacthuc.otp.delivery.adapters.smpp.smpp_file import SmppFile

_log: Final = get_logger()

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Between tries to connect. A code lives five minutes: a center that is back is found well within that."""

REFUSED_PAUSE_SECONDS: Final = 15.0
"""The shortest one after the center refused our password: centers bar who keeps trying."""

_LIVED_SECONDS: Final = 10.0
"""A bind that held for so long was a good one, and the pauses begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Who is told what happens on the binds."""

    deliver: Callable[[Pdu], Awaitable[int]]
    """Records what the center delivers; returns the status to answer."""
    fault: Callable[[str], None]
    """Counts a fault, one of `telemetry.metrics.SMPP_FAULTS`."""
    bound: Callable[[int], None]
    """Takes how many binds there are now."""


@dataclass(slots=True, kw_only=True)
class Binds:
    """The binds of one worker."""

    described: SmppFile
    tls: ssl.SSLContext | None
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first attempt has ended, well or not: until then it is too early to say that nobody is there."""
    credentials_refused: bool = False
    """Whether the last attempt failed because of system id or password."""
    _sessions: list[Session] = field(default_factory=list)

    def quietest(self) -> Session | None:
        """Returns the bind with the fewest submissions under way, None when there is no bind."""
        bound = [session for session in self._sessions if session.bound]
        return min(bound, key=lambda session: session.pending, default=None)

    async def keep(self, events: Events) -> None:
        """Keeps as many binds as the file says, until canceled; then unbinds once what is under way was answered."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.described.binds):
                group.create_task(self._keep_one(events))

    async def _keep_one(self, events: Events) -> None:
        name, loop = self.described.name, asyncio.get_running_loop()
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            began = loop.time()
            try:
                cause = await self._one_life(events)
            except Exception as error:  # noqa: BLE001 - a fault of ours on one bind must not stop the worker
                cause = "failed"
                _log.error("smpp_bind_failed", provider=name, cause=type(error).__name__)
            self.tried.set()
            events.fault(cause)
            if loop.time() - began >= _LIVED_SECONDS:
                pause_seconds = FIRST_PAUSE_SECONDS
            self.credentials_refused = cause == "credentials_refused"
            if self.credentials_refused:
                pause_seconds = max(pause_seconds, REFUSED_PAUSE_SECONDS)
            _log.warning("smpp_bind_ended", provider=name, cause=cause)
            # Spread, so that the workers do not come back in one wave.
            await asyncio.sleep(pause_seconds * random.uniform(0.8, 1.2))
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _one_life(self, events: Events) -> str:
        """Connects, binds and watches; returns why that came to an end."""
        described = self.described
        try:
            async with asyncio.timeout(described.response_seconds):
                reader, writer = await asyncio.open_connection(
                    described.host, described.port, ssl=self.tls, limit=pdu.MOST_BYTES
                )
        except OSError:  # TLS that fails and TimeoutError are among them
            return "unreachable"
        session = Session(
            reader,
            writer,
            window=described.window,
            response_seconds=described.response_seconds,
            deliver=events.deliver,
            fault=events.fault,
        )
        reading = asyncio.create_task(session.read())
        try:
            await session.bind(pdu.bind_transceiver(described.system_id, described.password, described.system_type))
            await self._use(session, events)
        except BindRefused as refusal:
            return "credentials_refused" if refusal.status in CREDENTIALS_REFUSED else "bind_refused"
        except (Lost, Unsent):
            return "no_bind"
        finally:
            await session.close()
            await reading
        return "lost"

    async def _use(self, session: Session, events: Events) -> None:
        self._sessions.append(session)
        self.credentials_refused = False
        self.tried.set()
        events.bound(len(self._sessions))
        _log.info("smpp_bound", provider=self.described.name)
        try:
            await session.watch(self.described.enquire_link_seconds)
        except asyncio.CancelledError:
            await session.leave()
            raise
        finally:
            self._sessions.remove(session)
            events.bound(len(self._sessions))
