"""The description of one OpenID Connect provider: one TOML file, so that a provider is a setting and not a release.

    kind = "oidc"
    name = "vneid"                                   # [a-z0-9_]{1,32}: in confirmations, metrics and logs
    issuer = "https://id.provider.example"           # exactly as the provider spells it
    redirect_uris = ["https://forum.example/eid/vneid"]   # registered with the provider; no other flow begins
    scopes = ["openid", "profile"]
    acr = ["2"]                                      # asked for, and the only ones accepted; left out: any
    algorithms = ["ES256"]                           # of ID tokens; left out: ES256, RS256, PS256, EdDSA
    userinfo = "none"                                # none, json or signed
    max_age_seconds = 600                            # how long ago the person may have signed in; left out: any time
    leeway_seconds = 30                              # between our clock and theirs
    timeout_seconds = 4.0                            # for all requests of one call together: a person waits
    [client]
    id = "forum"
    method = "private_key_jwt"                       # or client_secret_basic, client_secret_post
    file = "/run/secrets/vneid-key.pem"              # the key in PKCS #8 PEM, or the secret
    algorithm = "ES256"                              # for a key alone
    key_id = "2026-11"                               # for a key alone, where the provider wants one
    [claims]                                         # claim -> what we call it; dots lead into objects
    personal_id = "identity.number"
    full_name = "name"
    birth_date = "birthdate"
    birth_date_format = "YYYY-MM-DD"
    level = "acr"
    transaction_id = "jti"
    [tls]                                            # left out: the public authorities, and no certificate of ours
    ca = "/etc/xacthuc/eid/ca.pem"                   # the only authority trusted

Read strictly. Owns shape and checks; speaking to the provider is sign_in.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.remote.provider_file import check_figures, check_name, secret
from xacthuc.identity.adapters.remote.spelling import DateFormat
from xacthuc.identity.adapters.remote.tls import ClientTls, Tls

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
"""A scope token (RFC 6749 section 3.3); the words of `acr` are separated by spaces in the same way."""
_LEAST_RSA_BITS = 2048
"""RFC 7518 section 3.3."""
_MOST_LEEWAY_SECONDS = 300
"""Clocks that differ by more are not synchronised; tokens live minutes."""
_MOST_AGE_SECONDS = 86_400


class Kind(StrEnum):
    """Which adapter reads the file."""

    OIDC = "oidc"


class Algorithm(StrEnum):
    """How a provider may sign, and how we sign to it (RFC 7518 section 3.1, RFC 8037). Nothing symmetric, never `none`."""

    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"
    EDDSA = "EdDSA"
    """With Ed25519 alone, which RFC 9864 calls `Ed25519`; both names are understood."""


class Method(StrEnum):
    """How we show who we are at the token endpoint (OpenID Connect Core section 9)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY = "private_key_jwt"


class UserInfo(StrEnum):
    """Where claims come from beside the ID token (OpenID Connect Core section 5.3)."""

    NONE = "none"
    JSON = "json"
    """Believed because it comes over TLS, for the token we were just given, about the same subject."""
    SIGNED = "signed"
    """A JWT by the keys of ID tokens; anything else is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who we are to the provider."""

    id: str
    method: Method
    file: str
    """Holds the secret, or the key as PEM."""
    algorithm: Algorithm = Algorithm.ES256
    key_id: str = ""

    def __post_init__(self) -> None:
        """Refuses what cannot stand in a request."""
        if not self.id or not self.id.isascii() or not self.id.isprintable():
            raise ValueError("id: write the printable ASCII characters the provider gave you")
        if self.key_id and self.method is not Method.PRIVATE_KEY:
            raise ValueError("key_id: belongs to private_key_jwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """What the provider calls what we want to know; empty: it does not tell, or we do not ask."""

    personal_id: str = ""
    full_name: str = ""
    birth_date: str = ""
    birth_date_format: DateFormat = DateFormat.ISO
    level: str = "acr"
    transaction_id: str = "jti"
    """Where the provider sends none: the SHA-256 of the ID token, which both sides can compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFile:
    """One provider."""

    kind: Kind
    name: str
    issuer: str
    client: Client
    redirect_uris: tuple[str, ...]
    claims: ClaimNames
    scopes: tuple[str, ...] = ("openid",)
    acr: tuple[str, ...] = ()
    algorithms: tuple[Algorithm, ...] = tuple(Algorithm)
    userinfo: UserInfo = UserInfo.NONE
    max_age_seconds: int = 0
    """0: not asked for."""
    leeway_seconds: int = 30
    timeout_seconds: float = 4.0
    concurrency: int = 32
    """Requests in flight in one process."""
    tls: Tls = field(default_factory=Tls)
    credential: str = field(init=False, repr=False, default="")
    """The content of `client.file`, put here by `read`."""

    def __post_init__(self) -> None:
        """Refuses what could leak, hang or mean two things."""
        check_name(self.name)
        check_figures(self.timeout_seconds, self.concurrency)
        check_endpoint("issuer", self.issuer)
        if urlsplit(self.issuer).query:
            raise ValueError("issuer: has a query (OpenID Connect Discovery section 3 allows none)")
        if not self.redirect_uris:
            raise ValueError("redirect_uris: name one at least")
        for uri in self.redirect_uris:
            _check_redirect(uri)
        self._check_words()
        self._check_figures()

    def sends_back_to(self, uri: str) -> bool:
        """Whether the provider may send people back to `uri`.

        A loopback address without a port stands for any port of it: a command cannot know which is free (RFC 8252 section
        7.3). Every other address is compared letter by letter.
        """
        return uri in self.redirect_uris or _without_loopback_port(uri) in self.redirect_uris

    def _check_words(self) -> None:
        if "openid" not in self.scopes:
            raise ValueError("scopes: openid is missing; without it there is no ID token")
        for scope in self.scopes:
            if not _SCOPE.fullmatch(scope):
                raise ValueError(f"scopes: {scope!r} is not a scope (RFC 6749 section 3.3)")
        for word in self.acr:
            if not _SCOPE.fullmatch(word):
                raise ValueError(f"acr: {word!r} has characters that cannot be asked for")
        if not self.algorithms:
            raise ValueError("algorithms: name one at least, or leave it out")

    def _check_figures(self) -> None:
        if not 0 <= self.max_age_seconds <= _MOST_AGE_SECONDS:
            raise ValueError(f"max_age_seconds: write at most {_MOST_AGE_SECONDS}, or leave it out")
        if not 0 <= self.leeway_seconds <= _MOST_LEEWAY_SECONDS:
            raise ValueError(f"leeway_seconds: write 0 to {_MOST_LEEWAY_SECONDS}")


def read(path: Path) -> ProviderFile:
    """Reads one file and the credential it names. DataFileError names the file and the key at fault, never a secret."""
    return understood(path, datafile.read(path))


def understood(path: Path, table: datafile.Table) -> ProviderFile:
    """Reads what was read of the file at `path`, without what it says to others."""
    try:
        described = datafile.decode(ProviderFile, table)
        credential = secret("client.file", described.client.file)
        if described.client.method is Method.PRIVATE_KEY:
            _check_key(credential, described.client.algorithm)
        ClientTls(described.tls)
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    object.__setattr__(described, "credential", credential)
    return described


def check_apart(providers: Sequence[ProviderFile]) -> None:
    """Refuses providers that could be taken for one another; DataFileError names the two.

    An address of its own for each is what keeps one provider's answer from being brought to another (RFC 9700
    section 4.4.2.2).
    """
    names: set[str] = set()
    owners: dict[str, str] = {}
    for each in providers:
        if each.name in names:
            raise DataFileError(f"two providers are called {each.name}")
        names.add(each.name)
        for uri in each.redirect_uris:
            if owners.setdefault(uri, each.name) != each.name:
                raise DataFileError(f"redirect_uris: {owners[uri]} and {each.name} share {uri}; give each its own")


def check_endpoint(key: str, url: str) -> SplitResult:
    """Returns the parts of an address that may be spoken to; ValueError names the key."""
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises for what is no port
    except ValueError:
        raise ValueError(f"{key}: is not an address") from None
    host = parts.hostname or ""
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{key}: is not an address")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError(f"{key}: begin with https://; http:// is for this machine alone")
    if parts.username is not None or "#" in url:
        raise ValueError(f"{key}: write neither user nor fragment into it")
    return parts


def _check_redirect(uri: str) -> None:
    # Exact addresses alone (RFC 9700 section 2.1). An app's own scheme is allowed with a dot in it (RFC 8252 section
    # 7.1), which `javascript` and its like lack.
    if uri.startswith(("https:", "http:")):
        check_endpoint("redirect_uris", uri)
        return
    scheme, separator, rest = uri.partition(":")
    app_scheme = re.fullmatch(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+", scheme)
    if not app_scheme or not separator or not re.fullmatch(r"[\x21\x24-\x7e]+", rest):
        raise ValueError(f"redirect_uris: {uri!r} begins neither with https:// nor with an app's own scheme")


def _without_loopback_port(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "::1"} or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts._replace(netloc=host).geturl()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_key(pem: str, algorithm: Algorithm) -> None:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DataFileError("client.file: holds no private key in PEM without a password") from None
    fits = {
        Algorithm.ES256: isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1),
        Algorithm.RS256: isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS,
        Algorithm.PS256: isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS,
        Algorithm.EDDSA: isinstance(key, ed25519.Ed25519PrivateKey),
    }
    if not fits[algorithm]:
        raise DataFileError(f"client.algorithm: the key in client.file cannot sign with {algorithm}")
