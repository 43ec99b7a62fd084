"""The providers of a worker: read from files, opened together, listening for receipts together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.console import Console, Inbox
from xacthuc.otp.delivery.adapters.sandbox import Sandbox
from xacthuc.otp.delivery.routes import Route, Routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.http_gateway import HttpGateway
    from xacthuc.otp.delivery.receipts import Receipts
    from xacthuc.otp.delivery.settings import DeliverySettings

CONSOLE_WEIGHT: Final = 0
SANDBOX_WEIGHT: Final = 1_000_001
"""Above every weight a file can have: a reserved number never reaches a real provider."""
_DEVELOPMENT_CONCURRENCY: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What this worker can send by."""

    routes: Routes
    gateways: tuple[HttpGateway, ...]
    sandbox: Sandbox | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the providers, the closed set of their metrics' label."""
        return tuple(route.provider.name for route in self.routes.all)

    def jobs(self, receipts: Receipts) -> list[Coroutine[None, None, None]]:
        """Returns what has to run beside the lanes."""
        return [self.sandbox.report(receipts.receive)] if self.sandbox else []

    @asynccontextmanager
    async def listening(self, settings: DeliverySettings, receipts: Receipts) -> AsyncIterator[None]:
        """Takes receipts over HTTP for as long as it is entered, when an address is set."""
        if not settings.receipts_address:
            yield
            return
        # Imported here: a worker without a listener should not carry a web server.
        from xacthuc.otp.delivery.adapters.receipts_http import listening  # noqa: PLC0415

        async with listening(settings.receipts_address, self.gateways, receipts):
            yield


@asynccontextmanager
async def opened(settings: DeliverySettings, clock: Clock) -> AsyncIterator[Offered]:
    """Reads the provider files and opens connections; DataFileError when a file cannot be used or none is there."""
    files = sorted(settings.providers_directory.glob("*.toml"))
    inbox = Inbox(settings.inbox, clock) if settings.inbox else None
    if not files and inbox is None:
        raise DataFileError(
            f"{settings.providers_directory}: holds no provider (*.toml); describe one, or set"
            " XACTHUC_ENVIRONMENT=development to write codes to a file"
        )
    async with AsyncExitStack() as closing:
        gateways: list[HttpGateway] = []
        routes: list[Route] = []
        if files:
            from xacthuc.otp.delivery.adapters.http_gateway import opened_gateway  # noqa: PLC0415 - httpx weighs 15 MB

            for file in files:
                gateway = await closing.enter_async_context(opened_gateway(file, clock))
                gateways.append(gateway)
                described = gateway.described
                routes.append(Route(provider=gateway, weight=described.weight, concurrency=described.concurrency))
        sandbox = None
        if inbox is not None:
            inbox.prepare()
            sandbox = Sandbox(inbox, clock)
            routes.append(Route(provider=sandbox, weight=SANDBOX_WEIGHT, concurrency=_DEVELOPMENT_CONCURRENCY))
            routes.append(Route(provider=Console(inbox), weight=CONSOLE_WEIGHT, concurrency=_DEVELOPMENT_CONCURRENCY))
        _require_distinct([route.provider.name for route in routes])
        yield Offered(routes=Routes(routes), gateways=tuple(gateways), sandbox=sandbox)


def _require_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataFileError(f"name: two providers are called {name}; receipts and metrics need them apart")
