"""How we show a provider's token endpoint who we are: OpenID Connect Core section 9, RFC 7523 section 3."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import quote_plus

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from xacthuc import ids
from xacthuc.identity.adapters.oidc.provider_file import Algorithm, Method
from xacthuc.identity.adapters.oidc.signatures import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFE_SECONDS: Final = 60
"""It is used at once; longer, and a copy would be worth stealing."""
_KEYS: Final[Mapping[Algorithm, type[ECKey | RSAKey | OKPKey]]] = {
    Algorithm.ES256: ECKey,
    Algorithm.RS256: RSAKey,
    Algorithm.PS256: RSAKey,
    Algorithm.EDDSA: OKPKey,
}


class Credentials(NamedTuple):
    """What a token request carries."""

    form: dict[str, str]
    headers: dict[str, str]

    def __repr__(self) -> str:
        """Shows nothing of it."""
        return "Credentials(...)"


Authenticate: TypeAlias = "Callable[[float], Credentials]"
"""Makes credentials for a request at a time, in seconds since the Unix epoch."""


def authenticator(described: ProviderFile) -> Authenticate:
    """Returns how a provider's client authenticates, with its key read once."""
    client, secret = described.client, described.credential
    if client.method is Method.PRIVATE_KEY:
        return _Assertions(described)
    if client.method is Method.POST:
        return lambda _now: Credentials({"client_id": client.id, "client_secret": secret}, {})
    # Both are form-encoded before they are joined (RFC 6749 section 2.3.1): either may hold a colon.
    joined = b64encode(f"{quote_plus(client.id)}:{quote_plus(secret)}".encode()).decode("ascii")
    return lambda _now: Credentials({}, {"authorization": f"Basic {joined}"})


class _Assertions:
    def __init__(self, described: ProviderFile) -> None:
        client = described.client
        # RFC 9864 has a name for EdDSA with Ed25519, and few providers know it yet: the header keeps the old one.
        self._header = {"alg": client.algorithm.value, "typ": "JWT"} | ({"kid": client.key_id} if client.key_id else {})
        self._client_id = client.id
        self._audience = described.issuer
        self._key = _KEYS[client.algorithm].import_key(described.credential)

    def __call__(self, now_seconds: float) -> Credentials:
        now = int(now_seconds)
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            # The issuer, which stands in our settings, and never an address that the provider itself names: it could
            # name another provider's and carry the assertion there (CVE-2025-27370).
            "aud": self._audience,
            "jti": ids.encode(ids.random_bytes(16)),
            "iat": now,
            "exp": now + _ASSERTION_LIFE_SECONDS,
        }
        assertion = jws.serialize_compact(self._header, orjson.dumps(claims), self._key, registry=Registry())
        form = {
            "client_id": self._client_id,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return Credentials(form, {})
