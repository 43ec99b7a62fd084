"""What a provider says of itself: OpenID Connect Discovery 1.0 sections 3 and 4, RFC 8414 section 2.

Owns which description is believed. An endpoint may be on another host than the issuer, never on plain HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.oidc.causes import Cause, Unusable
from xacthuc.identity.adapters.oidc.provider_file import UserInfo, check_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

LIFE_MS: Final = 3_600_000
"""Endpoints move with notice of weeks; an hour keeps a mistake of the provider's from outliving its correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Where to go for what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str


def address(issuer: str) -> str:
    """Returns where an issuer describes itself (Discovery section 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def understood(document: Mapping[str, object], described: ProviderFile) -> Metadata:
    """Reads a description; Unusable when it is another provider's, or lacks what the settings ask for."""
    # Compared letter by letter (RFC 8414 section 3.3): another issuer's tokens would be accepted as this one's.
    if document.get("issuer") != described.issuer:
        raise Unusable(Cause.METADATA)
    _includes(document, "response_types_supported", "code", needed=True)
    # Absent, both say nothing: many providers that do it do not tell.
    _includes(document, "code_challenge_methods_supported", "S256", needed=False)
    _includes(document, "scopes_supported", "openid", needed=False)
    asked = described.userinfo is not UserInfo.NONE
    return Metadata(
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint") if asked else "",
    )


def _includes(document: Mapping[str, object], name: str, wanted: str, *, needed: bool) -> None:
    offered = document.get(name)
    if offered is None and not needed:
        return
    if not isinstance(offered, list) or wanted not in offered:
        raise Unusable(Cause.METADATA)


def _endpoint(document: Mapping[str, object], name: str) -> str:
    url = document.get(name)
    if not isinstance(url, str):
        raise Unusable(Cause.METADATA)
    try:
        check_endpoint(name, url)
    except ValueError:
        raise Unusable(Cause.METADATA) from None
    return url
