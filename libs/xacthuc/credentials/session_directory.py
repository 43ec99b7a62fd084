"""The staff's sessions as a server knows them: which operator calls, by the session that came with the call.

A session ends at its time, and after an hour without a call anywhere. When it was last used is kept in the store, once a
minute, in clear: who can write there can keep a session from ending early, and no session from ending at its time.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.credentials import sessions
from xacthuc.credentials.directory import bearer
from xacthuc.credentials.replica import POLL, Replica
from xacthuc.credentials.sessions import SessionRecord, SessionState, is_session
from xacthuc.credentials.staff import Operator
from xacthuc.credentials.store import SESSIONS, USED
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from xacthuc.clock import Clock
    from xacthuc.credentials.store import KeyStore
    from xacthuc.telemetry.metrics import Metrics

_NOTED_EVERY_MS: Final = timedelta(minutes=1) // timedelta(milliseconds=1)
_AGAIN: Final = "sign in: xacthuc staff sign-in"


class SessionDirectory(Replica[SessionRecord]):
    """The staff's sessions as this process knows them."""

    def __init__(
        self, store: KeyStore, key: Ed25519PublicKey, clock: Clock, metrics: Metrics, *, poll: timedelta = POLL
    ) -> None:
        super().__init__(store, SESSIONS, sessions.verify, key, clock=clock, metrics=metrics, poll=poll)
        self._used_ms: dict[str, int] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def authenticate(self, header: str | None) -> Operator:
        """Returns whose session is in an `authorization` header.

        Unauthenticated when there is none, or it is unknown, revoked, at its end or unused for too long; each says to
        sign in. Unavailable when the copy is too old to trust.
        """
        if header is None:
            raise Unauthenticated(Reason.STAFF_SESSION_MISSING, f"no operator is signed in; {_AGAIN}")
        now_ms = self._clock.now_ms()
        if now_ms > self._fresh_until_ms:
            raise Unavailable(Reason.CREDENTIALS_UNAVAILABLE, "sessions cannot be checked at present")
        text = bearer(header)
        record = self._records.get(sha256(text.encode()).digest()) if is_session(text) else None
        if record is None:
            raise Unauthenticated(Reason.STAFF_SESSION_UNKNOWN, f"the session is not known here; {_AGAIN}")
        if record.state is not SessionState.ACTIVE:
            raise Unauthenticated(Reason.STAFF_SESSION_REVOKED, f"the session was ended; {_AGAIN}")
        used_ms = max(record.create_ms, self._used_ms.get(record.id, 0))
        if now_ms >= min(record.expire_ms, used_ms + record.idle_ms):
            raise Unauthenticated(Reason.STAFF_SESSION_EXPIRED, f"the session is over; {_AGAIN}")
        if now_ms - used_ms >= min(_NOTED_EVERY_MS, record.idle_ms // 4):
            self._note(record.id, now_ms)
        return Operator(record.operator, record.roles, record.id)

    async def stop(self) -> None:
        """Stops refreshing, once every use is noted."""
        await super().stop()
        await asyncio.gather(*self._noting)

    async def _read(self) -> None:
        await super()._read()
        if not self._records:
            return
        ids = [record.id for record in self._records.values()]
        for session, stored in zip(ids, await self._store.execute(b"HMGET", USED, *ids), strict=True):
            if stored is not None and stored.isdigit():
                self._used_ms[session] = max(self._used_ms.get(session, 0), int(stored))

    def _loaded(self) -> None:
        known = {record.id for record in self._records.values()}
        self._used_ms = {session: used for session, used in self._used_ms.items() if session in known}

    def _note(self, session: str, now_ms: int) -> None:
        self._used_ms[session] = now_ms
        task = asyncio.get_running_loop().create_task(self._tell(session, now_ms))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _tell(self, session: str, now_ms: int) -> None:
        try:
            await self._store.execute(b"HSET", USED, session, now_ms)
        except StoreError as error:  # other servers hear of the next use
            self._log.warning("session_use_not_noted", cause=type(error).__name__)
