"""Everybody who can be asked who somebody is: read from files, opened together.

Loads an adapter when a file asks for it: an HTTP client weighs 15 MB, and most of a second at the start.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.eid_sandbox import SandboxAuthenticator
from xacthuc.identity.ports.eid import Providers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.eauth.callback import CallbackReader
    from xacthuc.identity.adapters.eid_callbacks import Settle
    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile
    from xacthuc.identity.ports.eid import Authenticator, NumberHistory, SignIn, Subscribers
    from xacthuc.telemetry.metrics import Metrics


class Kind(StrEnum):
    """Which adapter reads a file."""

    OIDC = "oidc"
    EAUTH = "eauth"
    KYC_MATCH = "kyc_match"


@dataclass(frozen=True, slots=True)
class OpenedProviders:
    """Who can be asked, and who reads what they report by themselves."""

    providers: Providers
    callbacks: Mapping[str, CallbackReader]

    @asynccontextmanager
    async def listening(self, address: str, settle: Settle) -> AsyncIterator[None]:
        """Takes reports over HTTP for as long as it is entered, when an address is set."""
        if not address:
            yield
            return
        # Imported here: a process that nobody reports to should not carry a web server.
        from xacthuc.identity.adapters.eid_callbacks import listening  # noqa: PLC0415

        async with listening(address, self.callbacks, settle):
            yield


@dataclass(slots=True)
class _Opening:
    """What has been opened so far."""

    clock: Clock
    metrics: Metrics
    stack: AsyncExitStack
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    described: list[ProviderFile] = field(default_factory=list)
    authenticators: list[Authenticator] = field(default_factory=list)
    subscribers: list[Subscribers] = field(default_factory=list)
    recycling: list[NumberHistory] = field(default_factory=list)
    sim_swaps: list[NumberHistory] = field(default_factory=list)
    callbacks: dict[str, CallbackReader] = field(default_factory=dict)

    def observed(self, kind: str, name: str) -> Callable[[str, float], None]:
        seconds = self.metrics.personal_id_seconds
        return lambda outcome, took: seconds.cell(kind, name, outcome).observe(took)


@asynccontextmanager
async def opened_providers(
    directory: Path, clock: Clock, metrics: Metrics, *, development: bool
) -> AsyncIterator[OpenedProviders]:
    """Reads every `*.toml` of a directory, which may be missing, and keeps connections for as long as it is entered.

    Asks nobody yet: a provider that is down stops no start. DataFileError for a faulty file, and for two providers that
    could be taken for one another.
    """
    async with AsyncExitStack() as stack:
        opening = _Opening(clock, metrics, stack)
        names = [await _OPEN[_kind_of(path)](opening, path) for path in _files(directory)]
        _check_apart(names, opening.described)
        yield OpenedProviders(
            Providers(
                sign_ins=opening.sign_ins,
                authenticators=tuple(opening.authenticators),
                subscribers=tuple(opening.subscribers),
                recycling=tuple(opening.recycling),
                sim_swaps=tuple(opening.sim_swaps),
                sandbox=SandboxAuthenticator(clock) if development else None,
            ),
            opening.callbacks,
        )


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.toml"))


def _kind_of(path: Path) -> Kind:
    kind = datafile.read(path).get("kind")
    if kind not in set(Kind):
        raise DataFileError(f"{path}: kind: write {', '.join(Kind)}")
    return Kind(kind)


async def _open_oidc(opening: _Opening, path: Path) -> str:
    from xacthuc.identity.adapters.oidc import provider_file  # noqa: PLC0415
    from xacthuc.identity.adapters.oidc.sign_in import confirming, opened  # noqa: PLC0415

    described = provider_file.read(path)
    observe = opening.observed(Kind.OIDC, described.name)
    opening.described.append(described)
    opening.sign_ins[described.name] = await opening.stack.enter_async_context(
        opened(described, opening.clock, observe, confirming(described, opening.clock))
    )
    return described.name


async def _open_eauth(opening: _Opening, path: Path) -> str:
    from xacthuc.identity.adapters.eauth import eauth_file  # noqa: PLC0415
    from xacthuc.identity.adapters.eauth.authenticator import opened_eauth  # noqa: PLC0415

    described = eauth_file.read(path)
    observe = opening.observed(Kind.EAUTH, described.name)
    provider = await opening.stack.enter_async_context(opened_eauth(described, opening.clock, observe))
    opening.authenticators.append(provider)
    if provider.callbacks is not None:
        opening.callbacks[provider.name] = provider.callbacks
    return provider.name


async def _open_kyc(opening: _Opening, path: Path) -> str:
    from xacthuc.identity.adapters.kyc import kyc_file  # noqa: PLC0415
    from xacthuc.identity.adapters.kyc.subscribers import opened_operator  # noqa: PLC0415

    described = kyc_file.read(path)
    operator = await opening.stack.enter_async_context(
        opened_operator(described, opening.clock, lambda what: opening.observed(what, described.name))
    )
    if operator.kyc is not None:
        opening.subscribers.append(operator.kyc)
    if operator.recycling is not None:
        opening.recycling.append(operator.recycling)
    if operator.sim_swaps is not None:
        opening.sim_swaps.append(operator.sim_swaps)
    return described.name


_OPEN: Final = {Kind.OIDC: _open_oidc, Kind.EAUTH: _open_eauth, Kind.KYC_MATCH: _open_kyc}


def _check_apart(names: Sequence[str], described: Sequence[ProviderFile]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataFileError(f"name: two providers are called {name}; records and metrics need them apart")
        if name == SandboxAuthenticator.name:
            raise DataFileError(f"name: {name} is taken")
    if described:
        from xacthuc.identity.adapters.oidc.provider_file import check_apart  # noqa: PLC0415

        check_apart(described)
