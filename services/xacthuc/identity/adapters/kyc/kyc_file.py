"""The description of one operator: where its records of subscribers and numbers are asked. One TOML file, read strictly.

    kind = "kyc_match"
    name = "viettel"                 # [a-z0-9_]{1,32}: in records and metrics
    base_url = "https://api.operator.example/kyc-match/v0.4"   # what stands before /match
    recycling_url = "https://api.operator.example/number-recycling/v0.2"  # before /check, where it is offered
    sim_swap_url = "https://api.operator.example/sim-swap/v2"             # before /retrieve-date, likewise
    details = ["full_name", "birth_date", "personal_id"]       # what the operator is asked to compare
    name_spelling = "plain"          # diacritics, as names are written, or plain, without
    name_capitals = true
    [token]                          # OAuth 2.0, client credentials (RFC 6749 section 4.4)
    url = "https://auth.operator.example/token"
    client_id = "xacthuc"
    authentication = "private_key_jwt"        # or client_secret_basic, client_secret_post
    secret = "/run/secrets/operator-key.pem"  # the private key, or the client's secret
    scope = "dpv:FraudPreventionAndDetection kyc-match:match number-recycling:check sim-swap:retrieve-date"
    [tls]                            # where the operator wants it

Owns shape and checks; asking is subscribers.py, tokens are tokens.py.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.kyc import assertion
from xacthuc.identity.adapters.kyc.assertion import Algorithm
from xacthuc.identity.adapters.remote import provider_file
from xacthuc.identity.adapters.remote.spelling import NameSpelling
from xacthuc.identity.adapters.remote.tls import Tls

KIND = "kyc_match"


class Detail(StrEnum):
    """What can be compared."""

    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    PERSONAL_ID = "personal_id"


class DocumentType(StrEnum):
    """What kind of number a personal identification number is to the operator (`idDocumentType` of the definition)."""

    NATIONAL_ID_CARD = "national_id_card"
    OTHER = "other"
    UNSAID = ""


class ClientAuthentication(StrEnum):
    """How the token is asked for (OpenID Connect Core 1.0 section 9)."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    """What CAMARA's security profile demands."""
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFile:
    """Where and how tokens are got."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    """Path of the client's secret or private key; `read` puts its content here."""
    authentication: ClientAuthentication = ClientAuthentication.PRIVATE_KEY_JWT
    algorithm: Algorithm = Algorithm.ES256
    """Of the private key."""
    key_id: str = ""
    """Names the key among the client's registered ones; empty: there is one."""
    scope: str = "kyc-match:match"

    def __post_init__(self) -> None:
        """Refuses what could leak."""
        provider_file.check_url("url", self.url, loopback=True)
        if not self.client_id:
            raise ValueError("client_id: is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class KycFile:
    """One operator."""

    kind: str
    name: str
    token: TokenFile
    base_url: str = ""
    """Of KYC Match; empty where the operator does not offer it, as the two below."""
    recycling_url: str = ""
    sim_swap_url: str = ""
    tls: Tls = field(default_factory=Tls)
    timeout_seconds: float = 4.0
    """For everything, a new token included."""
    concurrency: int = 16
    """Requests in flight in one process."""
    details: tuple[Detail, ...] = tuple(Detail)
    """The fewer, the less the operator learns; some compare nothing without the personal ID."""
    hashed: tuple[Detail, ...] = ()
    """Sent as SHA-256 in hexadecimal, where the operator demands it. The definition knows nothing of it."""
    name_spelling: NameSpelling = NameSpelling.DIACRITICS
    name_capitals: bool = False
    document_type: DocumentType = DocumentType.NATIONAL_ID_CARD

    def __post_init__(self) -> None:
        """Refuses what could leak, hang or ask for nothing."""
        if self.kind != KIND:
            raise ValueError(f"kind: write {KIND}")
        provider_file.check_name(self.name)
        addresses = {"base_url": self.base_url, "recycling_url": self.recycling_url, "sim_swap_url": self.sim_swap_url}
        for key, url in addresses.items():
            if url:
                provider_file.check_url(key, url, loopback=True)
        if not any(addresses.values()):
            raise ValueError(f"{', '.join(addresses)}: name one at least")
        provider_file.check_figures(self.timeout_seconds, self.concurrency)
        if not self.details:
            raise ValueError("details: name one at least")
        if Detail.BIRTH_DATE in self.hashed:
            raise ValueError("hashed: a birth date is sent as a date; leave it out of details instead")
        if not set(self.hashed) <= set(self.details):
            raise ValueError("hashed: names what is not among details")

    @property
    def match_url(self) -> str:
        """Where people are asked about; empty: nowhere."""
        return _below(self.base_url, "match")

    @property
    def recycling_check_url(self) -> str:
        """Where the subscribers of a number are asked about; empty: nowhere."""
        return _below(self.recycling_url, "check")

    @property
    def sim_swap_date_url(self) -> str:
        """Where the SIMs of a number are asked about; empty: nowhere."""
        return _below(self.sim_swap_url, "retrieve-date")


def read(path: Path) -> KycFile:
    """Reads one file and the secret it names. DataFileError names the file and the key at fault, never a secret."""
    try:
        described = datafile.decode(KycFile, datafile.read(path))
        secret = provider_file.secret("token.secret", described.token.secret)
        if described.token.authentication is ClientAuthentication.PRIVATE_KEY_JWT:
            assertion.check(secret, described.token.algorithm)
    except DataFileError as error:
        raise DataFileError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
    object.__setattr__(described.token, "secret", secret)
    return described


def _below(url: str, path: str) -> str:
    return f"{url.rstrip('/')}/{path}" if url else ""
