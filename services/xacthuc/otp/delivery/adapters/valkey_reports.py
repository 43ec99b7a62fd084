"""Says in the store how the providers fare, for operators: a row per provider, a field per worker."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import orjson

from xacthuc.otp.adapters.layout import PROVIDERS_KEY
from xacthuc.otp.delivery.adapters.layout import WORKERS_KEY
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.routes import Routes
    from xacthuc.valkey import Store

_log: Final = get_logger()

REPORT_SECONDS: Final = 5.0


async def report(store: Store, worker: str, routes: Routes, clock: Clock) -> None:
    """Writes what this worker knows, and removes what workers said that are gone; until canceled."""
    while True:
        try:
            await store.execute("HSET", PROVIDERS_KEY, worker, rows(routes, clock.now_ms()))
            spoken, live = await asyncio.gather(
                store.execute("HKEYS", PROVIDERS_KEY), store.execute("ZRANGE", WORKERS_KEY, 0, -1)
            )
            gone = set(spoken) - set(live) - {worker.encode()}
            if gone:
                await store.execute("HDEL", PROVIDERS_KEY, *gone)
        except StoreError as error:
            _log.warning("providers_not_reported", cause=str(error))
        await asyncio.sleep(REPORT_SECONDS)


def rows(routes: Routes, now_ms: int) -> bytes:
    """Renders the providers as JSON, in the fields of `otp.ports.ProviderState`."""
    return orjson.dumps(
        [
            {
                "name": route.provider.name,
                "channels": sorted(int(channel) for channel in route.provider.channels),
                "sent": route.sent,
                "failed": route.failed,
                "last_send_ms": route.last_send_ms,
                "circuit_open": route.circuit.open(),
                "suspended": routes.suspended(route.provider.name, now_ms),
                "offer": {**asdict(route.offer), "operators": sorted(route.offer.operators)},
            }
            for route in routes.all
        ]
    )
