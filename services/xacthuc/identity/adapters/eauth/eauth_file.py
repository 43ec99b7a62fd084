"""The description of one provider of electronic authentication: one TOML file, so that it is a setting, not a release.

    kind = "eauth"
    name = "eid"                             # [a-z0-9_]{1,32}: in records, metrics and addresses of callbacks
    base_url = "https://api.eid.example/v1"
    [tls]                                    # mutual, always
    certificate = "/run/secrets/eid.pem"
    key = "/run/secrets/eid.key"
    ca = "/run/secrets/eid-ca.pem"           # left out: public authorities
    [secrets]
    partner = "/run/secrets/eid-partner"     # placeholder {secret.partner}
    [ask]
    path = "/authentications"
    [ask.headers]
    X-Partner = "{secret.partner}"
    [ask.body]
    id = "{personal_id}"
    name = "{full_name}"
    dob = "{birth_date}"
    [poll]                                   # where answers may be pending
    path = "/authentications/{transaction_id}"
    [answers]
    transaction_id = "data.transactionId"
    level = "data.level"
    time = "data.time"
    [[answer]]                               # the first that fits decides
    means = "confirmed"
    where = { "code" = ["00"], "data.match" = ["true"] }
    [callback]                               # where it reports by itself
    secret = "partner"

Read strictly. Owns shape and checks; how answers are described is rules.py, asking is authenticator.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.eauth import template
from xacthuc.identity.adapters.eauth.rules import Answers, Meaning, Rule
from xacthuc.identity.adapters.remote import provider_file
from xacthuc.identity.adapters.remote.spelling import DateFormat, NameSpelling
from xacthuc.identity.adapters.remote.tls import Tls

KIND = "eauth"
_LONGEST_POLL_SECONDS = 3600


class Method(StrEnum):
    """How a pending question is asked again."""

    GET = "GET"
    POST = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The question."""

    path: str
    idempotency_header: str = "Idempotency-Key"
    """Carries the id of the request, by which the provider knows a repetition; empty: its body does."""
    name_spelling: NameSpelling = NameSpelling.DIACRITICS
    name_capitals: bool = False
    birth_date_format: DateFormat = DateFormat.ISO
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(init=False, repr=False, default=None)
    """The template of the body, as it stands in the file."""

    def __post_init__(self) -> None:
        """Refuses an address that is none."""
        _check_path(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The question what became of a pending one."""

    path: str = ""
    """`{transaction_id}` stands in it or in the body; empty: the provider cannot be asked, it reports."""
    method: Method = Method.GET
    every_seconds: int = 5
    """How long to wait where the provider does not say."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        """Refuses an address that is none, and haste."""
        if self.path:
            _check_path(self.path)
        if not 1 <= self.every_seconds <= _LONGEST_POLL_SECONDS:
            raise ValueError(f"every_seconds: write 1 to {_LONGEST_POLL_SECONDS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """How the provider reports what became of a pending question."""

    secret: str = ""
    """Name of the secret that signs reports; empty: it makes none."""
    header: str = "X-Signature"
    """Hexadecimal HMAC-SHA-256 over `<timestamp>.<body>`."""
    timestamp_header: str = "X-Timestamp"
    """Unix seconds."""
    root: str = ""
    """Where the answer stands in a report; empty: the report is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EauthFile:
    """One provider."""

    kind: str
    name: str
    base_url: str
    tls: Tls
    ask: Ask
    answers: Answers
    answer: tuple[Rule, ...]
    poll: Poll = field(default_factory=Poll)
    callback: Callback = field(default_factory=Callback)
    timeout_seconds: float = 4.0
    """For everything, from connecting to the last byte."""
    concurrency: int = 16
    """Requests in flight in one process."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Files by name; `read` puts their content here."""

    def __post_init__(self) -> None:
        """Refuses what could leak, hang or never end."""
        if self.kind != KIND:
            raise ValueError(f"kind: write {KIND}")
        provider_file.check_name(self.name)
        provider_file.check_url("base_url", self.base_url)
        provider_file.check_figures(self.timeout_seconds, self.concurrency)
        for name in self.secrets:
            provider_file.check_secret_name(name)
        if not self.tls.certificate:
            raise ValueError("tls.certificate: is missing; the provider must know who asks")
        if self.callback.secret and self.callback.secret not in self.secrets:
            raise ValueError("callback.secret: is not a name of [secrets]")
        meant = {rule.means for rule in self.answer}
        if Meaning.CONFIRMED not in meant:
            raise ValueError("answer: no rule says how an answer confirms")
        if Meaning.PENDING in meant and not (self.poll.path or self.callback.secret):
            raise ValueError("poll: is missing; a pending answer is never heard of again")

    def url(self, path: str) -> str:
        """Returns the address of one of the paths."""
        return self.base_url.rstrip("/") + path


def read(path: Path) -> EauthFile:
    """Reads one file and the secrets it names. DataFileError names the file and the key at fault, never a secret."""
    table = datafile.read(path)
    try:
        bodies = {key: _body(key, table) for key in ("ask", "poll")}
        described = datafile.decode(EauthFile, table)
        object.__setattr__(described.ask, "body", bodies["ask"])
        object.__setattr__(described.poll, "body", bodies["poll"])
        _check_templates(described)
        secrets = {name: provider_file.secret(f"secrets.{name}", file) for name, file in described.secrets.items()}
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    object.__setattr__(described, "secrets", secrets)
    return described


def _body(key: str, table: dict[str, Any]) -> dict[str, Any]:
    section = table.get(key, {})
    body = section.pop("body", {}) if isinstance(section, dict) else {}
    if not isinstance(body, dict):
        raise DataFileError(f"{key}.body: write a table, not a {type(body).__name__}")
    return body


def _check_templates(described: EauthFile) -> None:
    ask, poll = described.ask, described.poll
    secrets = {f"secret.{name}" for name in described.secrets}
    template.check(ask.path, (), "ask.path")
    template.check(dict(ask.headers), secrets | {"request_id"}, "ask.headers")
    template.check(ask.body, secrets | {"request_id"} | template.PERSONAL, "ask.body")
    template.check(poll.path, {"transaction_id"}, "poll.path")
    template.check(dict(poll.headers), secrets | {"transaction_id"}, "poll.headers")
    template.check(poll.body, secrets | {"transaction_id"}, "poll.body")
    if "personal_id" not in template.placeholders(ask.body):
        raise DataFileError("ask.body: {personal_id} is nowhere in it; nobody would be asked about")
    if poll.path and "transaction_id" not in template.placeholders([poll.path, poll.body]):
        raise DataFileError("poll.path: {transaction_id} is neither here nor in the body")


def _check_path(path: str) -> None:
    if not path.startswith("/") or not path.isascii() or not path.isprintable() or set(path) & set(" ?#\\"):
        raise ValueError("path: begin with /, without query")
