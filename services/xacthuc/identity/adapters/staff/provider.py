"""The staff's identity provider: the OpenID Connect sign-in of `adapters.oidc`, read for who is let in and as what."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xacthuc.identity.adapters.oidc.causes import Cause, Unusable
from xacthuc.identity.adapters.oidc.person import claim, text_claim
from xacthuc.identity.adapters.oidc.sign_in import opened
from xacthuc.identity.adapters.staff import provider_file
from xacthuc.identity.domain.staff import Assertion, roles_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.credentials.staff import Role
    from xacthuc.identity.adapters.oidc.exchange import Believed
    from xacthuc.identity.adapters.oidc.sign_in import OidcSignIn
    from xacthuc.identity.adapters.staff.provider_file import StaffProviderFile
    from xacthuc.identity.ports.eid import Flow, Refused


class OidcStaffProvider:
    """The port `StaffProvider`."""

    def __init__(self, sign_in: OidcSignIn[Assertion]) -> None:
        """Takes the sign-in with the one provider."""
        self._sign_in = sign_in

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return self._sign_in.issuer

    def redirect_uri(self, port: int) -> str:
        """Puts the port into the registered address, which has none or this one."""
        registered = self._sign_in.redirect_uris[0]
        parts = urlsplit(registered)
        if parts.port not in {None, port}:
            raise ValueError(f"must be {parts.port}, which is registered: xacthuc staff sign-in --port {parts.port}")
        return registered if parts.port else parts._replace(netloc=f"{parts.netloc}:{port}").geturl()

    async def begin(self, redirect_uri: str) -> tuple[str, Flow]:
        """Begins a flow."""
        return await self._sign_in.begin(redirect_uri)

    def ended(self, error: str) -> Refused:
        """Reads an error of the redirect."""
        return self._sign_in.ended(error)

    async def complete(self, flow: Flow, code: str) -> Assertion | Refused:
        """Exchanges the code."""
        return await self._sign_in.complete(flow, code)


@asynccontextmanager
async def opened_provider(path: Path, clock: Clock) -> AsyncIterator[OidcStaffProvider]:
    """Keeps the provider's client for as long as it is entered. Asks nothing yet."""
    described = provider_file.read(path)

    def read(believed: Believed) -> Assertion:
        return assertion(described, believed)

    def observe(_outcome: str, _seconds: float) -> None:
        """What came of it is counted with whether somebody was let in."""

    async with opened(described.described, clock, observe, read) as sign_in:
        yield OidcStaffProvider(sign_in)


def assertion(described: StaffProviderFile, believed: Believed) -> Assertion:
    """Reads what is told of somebody; Unusable when something is there that cannot be read."""
    told, names = believed.told, described.membership
    email = text_claim(told, names.email) or ""
    return Assertion(
        issuer=described.described.issuer,
        subject=believed.subject,
        display_name=text_claim(told, names.display_name) or believed.subject[:100],
        email=email.lower() if claim(told, "email_verified") is True else "",
        roles=_roles(described, believed) if names.groups else None,
    )


def _roles(described: StaffProviderFile, believed: Believed) -> frozenset[Role]:
    groups = claim(believed.told, described.membership.groups)
    if groups is None:  # who is in none is told of none by many providers
        return frozenset()
    if not isinstance(groups, list) or not all(isinstance(each, str) for each in groups):
        raise Unusable(Cause.GARBLED)
    return roles_of(groups, described.membership.table)
