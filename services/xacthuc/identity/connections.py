"""The ways of one process of identity to everything outside of it, opened together and closed together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.identity.adapters.pools import Pools
from xacthuc.identity.adapters.webhooks.deliverer import SLOTS
from xacthuc.identity.adapters.webhooks.late_sender import LateSender, late_sender
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.identity.settings import IdentitySettings
    from xacthuc.telemetry.start import Telemetry

_STANDING_SECONDS: Final = 0.25
"""How long the cache may take: a stalled one must leave time to ask the database within the same call."""


@dataclass(frozen=True, slots=True)
class Connections:
    """The ways to everything outside of the process."""

    pools: Pools
    state: Store
    cache: Store
    otp: ServiceChannel
    post: LateSender
    """To receivers of webhooks."""


@asynccontextmanager
async def connected(settings: IdentitySettings, telemetry: Telemetry) -> AsyncIterator[Connections]:
    """Keeps connections for as long as it is entered. Of these only the stores have to answer at the start."""
    pools = Pools(settings)
    state = await Store.connect(settings.state_url)
    cache = await Store.connect(settings.cache_url or settings.state_url, timeout_seconds=_STANDING_SECONDS)
    otp = ServiceChannel(
        settings.otp_address,
        TlsFiles(settings.tls_directory, "identity"),
        telemetry,
        peer="otp",
        service_config=service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json"),
    )
    sending = late_sender(settings.webhook_reach, ca_file=settings.webhook_ca_file, concurrency=SLOTS)
    try:
        async with sending as post:
            yield Connections(pools, state, cache, otp, post)
    finally:
        for close in (otp.close, cache.close, state.close, pools.close):
            await close()
