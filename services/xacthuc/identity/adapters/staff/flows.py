"""Sign-ins of the staff that were begun, sealed until the browser comes back."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import delete, insert

from xacthuc.identity.adapters.staff.tables import staff_sign_ins
from xacthuc.identity.ports.eid import Flow
from xacthuc.masked import Digest
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.sealing import Sealer

_PLACE: Final = b"identity/staff-sign-in"


class SqlFlows:
    """The port `Flows`."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        """Takes the pool for writes, and what seals."""
        self._engine = engine
        self._sealer = sealer

    async def keep(self, flow: Flow, expire_time: datetime) -> None:
        """Keeps the flow under the hash of its state."""
        sealed = self._sealer.seal(orjson.dumps(asdict(flow)), _PLACE)
        async with transaction(self._engine) as connection:
            await connection.execute(
                insert(staff_sign_ins).values(state_index=_index(flow.state), flow=sealed, expire_time=expire_time)
            )

    async def take(self, state: str, now: datetime) -> Flow | None:
        """Deletes the flow it returns."""
        of = staff_sign_ins.c
        taken = delete(staff_sign_ins).where(of.state_index == _index(state), of.expire_time > now).returning(of.flow)
        async with transaction(self._engine) as connection:
            sealed = await connection.scalar(taken)
        return None if sealed is None else Flow(**orjson.loads(self._sealer.open(sealed, _PLACE)))


def _index(state: str) -> Digest:
    """Returns what a flow is found by. The state is 256 random bits, so a plain hash of it tells nobody anything."""
    return Digest(sha256(state.encode()).digest())
