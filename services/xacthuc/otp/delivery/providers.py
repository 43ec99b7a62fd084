"""The providers of a worker: read from files, opened together, listening for receipts together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.console import Console, Inbox
from xacthuc.otp.delivery.adapters.provider_file import Kind, kind_of
from xacthuc.otp.delivery.adapters.sandbox import Sandbox
from xacthuc.otp.delivery.domain.offer import OTHER_OPERATORS, Offer
from xacthuc.otp.delivery.routes import Route, Routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.ground import Ground, Tended
    from xacthuc.otp.delivery.adapters.receipts_http import Reader
    from xacthuc.otp.delivery.ports import Provider
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
    tended: tuple[Tended, ...]
    readers: Mapping[str, Reader]
    """Who reads the receipts that come over HTTP, by provider."""
    sandbox: Sandbox | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the providers, the closed set of their metrics' label."""
        return tuple(route.provider.name for route in self.routes.all)

    def jobs(self, ground: Ground) -> list[Coroutine[None, None, None]]:
        """Returns what has to run beside the lanes."""
        own = [provider.tend(ground) for provider in self.tended]
        return [*own, self.sandbox.report(ground.receive)] if self.sandbox else own

    @asynccontextmanager
    async def listening(self, settings: DeliverySettings, receipts: Receipts) -> AsyncIterator[None]:
        """Takes receipts over HTTP for as long as it is entered, when an address is set."""
        if not settings.receipts_address:
            yield
            return
        # Imported here: a worker without a listener should not carry a web server.
        from xacthuc.otp.delivery.adapters.receipts_http import listening  # noqa: PLC0415

        async with listening(settings.receipts_address, self.readers, receipts):
            yield


@dataclass(frozen=True, slots=True)
class _Opened:
    """One provider that a file describes, ready to send."""

    provider: Provider
    offer: Offer
    tended: Tended
    reader: Reader | None = None


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
        described = [await _open(file, clock, closing) for file in files]
        _require_distinct([one.provider.name for one in described])
        routes = [Route(provider=one.provider, offer=one.offer) for one in described]
        sandbox = None
        if inbox is not None:
            inbox.prepare()
            sandbox = Sandbox(inbox, clock)
            routes.append(Route(provider=sandbox, offer=_development_offer(SANDBOX_WEIGHT, reserved_only=True)))
            routes.append(Route(provider=Console(inbox), offer=_development_offer(CONSOLE_WEIGHT)))
        yield Offered(
            routes=Routes(routes),
            tended=tuple(one.tended for one in described),
            readers={one.provider.name: one.reader for one in described if one.reader is not None},
            sandbox=sandbox,
        )


async def _open(path: Path, clock: Clock, closing: AsyncExitStack) -> _Opened:
    """Opens what a file describes. Each adapter is imported when a file asks for it: httpx alone weighs 15 MB."""
    match kind_of(path):
        case Kind.HTTP:
            from xacthuc.otp.delivery.adapters.http_gateway import opened_gateway  # noqa: PLC0415

            gateway = await closing.enter_async_context(opened_gateway(path, clock))
            return _Opened(gateway, gateway.described.offer, gateway, gateway.receipts)
        case Kind.SMPP:
            from xacthuc.otp.delivery.adapters.smpp.provider import opened_smpp  # noqa: PLC0415

            smpp = await closing.enter_async_context(opened_smpp(path, clock))
            return _Opened(smpp, smpp.described.offer, smpp)
        case Kind.ZNS:
            from xacthuc.otp.delivery.adapters.zns.provider import opened_zns  # noqa: PLC0415

            zns = await closing.enter_async_context(opened_zns(path, clock))
            return _Opened(zns, zns.described.offer, zns, zns.receipts)


def _development_offer(weight: int, *, reserved_only: bool = False) -> Offer:
    return Offer(weight=weight, concurrency=_DEVELOPMENT_CONCURRENCY, reserved_only=reserved_only)


def require_known_operators(offered: Offered, operators: Collection[str]) -> None:
    """DataFileError when a provider's terms name an operator range that no number has: nobody would be asked for it."""
    for route in offered.routes.all:
        offer = route.offer
        for name in sorted({*offer.operators, *offer.cost_vnd} - {*operators, OTHER_OPERATORS}):
            raise DataFileError(
                f"{route.provider.name}: operators, cost_vnd: {name} is not known; write {', '.join(sorted(operators))}"
            )


def _require_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataFileError(f"name: two providers are called {name}; receipts and metrics need them apart")
