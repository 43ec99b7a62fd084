"""The description of a vendor with an HTTP API: one TOML file, so that a vendor is a setting and not a release.

    name = "vendor"                          # and what else provider_file.py reads
    channels = ["SMS"]
    [secrets]
    key = "/run/secrets/vendor-key"          # placeholders {secret.key}
    [request]
    url = "https://api.vendor.example/send"  # no placeholder: the host is never data
    number_format = "84"                     # 84912..., 0912... ("0") or +84912... ("+84")
    [body]
    phone = "{to}"
    message = "{text}"
    [accepted]
    path = "status"
    equals = ["0"]
    message_id = "data.id"
    [senders]                                # where an operator knows the sender by another name
    viettel = "EXAMPLE-VT"
    [[rejected]]
    path = "status"
    equals = ["7"]
    reason = "number_inactive"
    final = true
    [receipts]
    scheme = "hmac_sha256"
    secret = "key"
    id = "id"
    status = "state"
    delivered = ["ok"]
    failed = ["error"]

Read strictly. Whether the vendor sends messages or makes calls is all the same here: its file says what differs.

Owns shape and checks; sending is http_gateway.py, receipts are gateway_receipts.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters import gateway_template
from xacthuc.otp.delivery.adapters.provider_file import ProviderFile, check_senders, check_url, secret
from xacthuc.policy import sender_name_fault

_REASON = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class Method(StrEnum):
    """How the request is made."""

    POST = "POST"
    PUT = "PUT"
    GET = "GET"


class Format(StrEnum):
    """How a body is written."""

    JSON = "json"
    FORM = "form"


class NumberFormat(StrEnum):
    """How the vendor wants numbers."""

    COUNTRY = "84"
    TRUNK = "0"
    E164 = "+84"


class Scheme(StrEnum):
    """How receipts prove that they come from the vendor."""

    NONE = "none"
    """The vendor sends none, or none that could be trusted: the address answers 404."""
    HMAC_SHA256 = "hmac_sha256"
    """Hexadecimal HMAC-SHA-256 over `<timestamp>.<body>`; the timestamp in Unix seconds."""
    TOKEN = "token"  # noqa: S105 - the name of a scheme
    """A shared token in a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request that sends one message."""

    url: str
    method: Method = Method.POST
    format: Format = Format.JSON
    number_format: NumberFormat = NumberFormat.COUNTRY
    sender: str = ""
    """The registered sender name; empty: the brand of the platform."""
    timeout_seconds: float = 3.0
    """To connect, and again between bytes: a person waits."""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    username: str = ""
    """With `password`: HTTP basic authentication (RFC 7617)."""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuses what could leak or hang."""
        check_url("url", self.url)
        if "{" in self.url:
            raise ValueError("url: has a placeholder; put values into query or body")
        if self.sender and (fault := sender_name_fault(self.sender)):
            raise ValueError(f"sender: {fault}")
        if not 0 < self.timeout_seconds <= 10:  # noqa: PLR2004 - said in the message
            raise ValueError("timeout_seconds: write more than 0 and at most 10")

    def templates(self, body: Mapping[str, Any]) -> dict[str, object]:
        """Returns all that is filled in for a message, by key."""
        return {
            "body": dict(body),
            "request.headers": dict(self.headers),
            "request.query": dict(self.query),
            "request.username": self.username,
            "request.password": self.password,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How an answer says yes."""

    status: tuple[int, ...] = (200,)
    path: str = ""
    """Dotted path in the JSON answer; empty: the status alone says it."""
    equals: tuple[str, ...] = ()
    message_id: str = ""
    """Where the vendor's id of the message stands; empty: its receipts name the `{message_id}` we sent."""

    def __post_init__(self) -> None:
        """Refuses a path without a value, the reverse, and what every answer would be."""
        if bool(self.path) != bool(self.equals):
            raise ValueError("equals: path and equals belong together")
        if not self.status and not self.path:
            raise ValueError("status: give status, or path and equals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One way in which an answer says no. All conditions that are given must hold."""

    reason: str
    """`[a-z0-9_]{1,64}`; `number_inactive` is understood by the rest of the product, `throttled` by the metrics."""
    status: tuple[int, ...] = ()
    path: str = ""
    equals: tuple[str, ...] = ()
    final: bool = False
    """Whether the number is at fault, so that no other vendor is asked."""
    channel_final: bool = False
    """Whether the number is at fault on this channel, so that the others of it are not asked, but another channel is."""

    def __post_init__(self) -> None:
        """Refuses a row that says nothing."""
        if not _REASON.fullmatch(self.reason):
            raise ValueError("reason: write 1 to 64 of a-z, 0-9 and _")
        if bool(self.path) != bool(self.equals):
            raise ValueError("equals: path and equals belong together")
        if not self.status and not self.path:
            raise ValueError("status: give status, or path and equals")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRules:
    """What receipts look like. They arrive at `POST /receipts/<name>`."""

    scheme: Scheme = Scheme.NONE
    secret: str = ""
    """Name of the secret that signs them, or is the token."""
    header: str = "X-Signature"
    """Holds the signature or the token."""
    timestamp_header: str = "X-Timestamp"
    """Holds the time of signing, for `hmac_sha256`."""
    format: Format = Format.JSON
    items: str = ""
    """Where a list of receipts stands, when several come at once; empty: the body is one receipt or a list of them."""
    id: str = ""
    status: str = ""
    delivered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()
    """Statuses that say the number is out of service; they count as failed."""

    def __post_init__(self) -> None:
        """Refuses rules by which nothing could be read or trusted."""
        if self.scheme is Scheme.NONE:
            return
        for name in ("secret", "id", "status", "delivered"):
            if not getattr(self, name):
                raise ValueError(f"{name}: is missing; a scheme other than none needs it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(ProviderFile):
    """One vendor."""

    request: Request
    accepted: Acceptance
    rejected: tuple[Rejection, ...] = ()
    receipts: ReceiptRules = field(default_factory=ReceiptRules)
    senders: Mapping[str, str] = field(default_factory=dict)
    """The sender names that operators know instead, by operator range: each registers names for itself."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Files by name; `read` puts their content here."""
    body: Mapping[str, Any] = field(init=False, repr=False, default_factory=dict)
    """The template of the body, as it stands in the file."""

    def __post_init__(self) -> None:
        """Checks what needs no file."""
        ProviderFile.__post_init__(self)
        check_senders(self.senders)
        if self.receipts.secret and self.receipts.secret not in self.secrets:
            raise ValueError("receipts.secret: is not a name of [secrets]")

    @property
    def says_texts(self) -> bool:
        """Whether requests carry the text; else the vendor keeps it and is told the code alone."""
        return "text" in gateway_template.used(self.request.templates(self.body))


def read(path: Path) -> Gateway:
    """Reads one file and the secrets it names. DataFileError names the file and the key at fault, never a secret."""
    table = datafile.read(path)
    try:
        body = table.pop("body", {})
        gateway = datafile.decode(Gateway, table)
        if not isinstance(body, dict):
            raise DataFileError(f"body: write a table, not a {type(body).__name__}")  # noqa: TRY301 - file named below
        _check_templates(gateway, body)
        secrets = {name: secret(name, file) for name, file in gateway.secrets.items()}
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    object.__setattr__(gateway, "body", body)
    object.__setattr__(gateway, "secrets", secrets)
    return gateway


def _check_templates(gateway: Gateway, body: dict[str, Any]) -> None:
    request = gateway.request
    templates = request.templates(body)
    names = {f"secret.{name}" for name in gateway.secrets}
    for key, template in templates.items():
        # A text may have several lines and any letters, which no header field can hold (RFC 9110 section 5.5).
        fields = gateway_template.FIELDS - {"text"} if key == "request.headers" else gateway_template.FIELDS
        gateway_template.check(template, names | fields, key)
    used = gateway_template.used(templates)
    if "to" not in used:
        raise DataFileError("body: {to} is filled in nowhere; the vendor would not know whom to write to")
    if used.isdisjoint({"text", "code"}):
        raise DataFileError("body: neither {text} nor {code} is filled in anywhere; the message would say nothing")
    if request.format is Format.FORM and any(isinstance(value, (dict, list)) for value in body.values()):
        raise DataFileError("body: a form has no tables and lists; write strings and numbers")
