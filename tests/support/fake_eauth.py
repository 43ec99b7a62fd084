"""A licensed provider of electronic authentication whose behaviour a test decides, request by request, over mutual TLS.

It knows one person, `KNOWN`. What it answers has the shape that `file` describes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import fake_http
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_http import Asked, FakeHttp, reply

from xacthuc.identity.ports.eid import Person

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Callable[["FakeEauth", Asked, asyncio.StreamWriter], Awaitable[None]]

KNOWN = Person(personal_id="001090000123", full_name="Nguyễn Thị Đào", birth_date=date(1990, 12, 31))
STRANGER = Person(personal_id="079095000456", full_name="Trần Văn Bưởi", birth_date=date(1995, 1, 2))
SECRET = b"s3cret"
TIME = "2026-11-23T10:00:00+07:00"
"""What it says when it confirmed: the instant at which the tests' clock stands."""


@dataclass
class FakeEauth(FakeHttp):
    """What it was asked, and what it does next: `script` first, `otherwise` when that is empty."""

    directory: Path = None  # type: ignore[assignment]  # given by every test
    certificate: str = "server"
    """Under which of the names of `issue` it serves."""
    requests: list[Asked] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Its first answer to each idempotency key."""

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or compare

    async def open(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.directory / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.directory / f"{self.certificate}.pem", self.directory / f"{self.certificate}.key")
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=context, ssl_handshake_timeout=5
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.requests.append(asked)
        behaviour = self.script.popleft() if self.script else self.otherwise
        await behaviour(self, asked, writer)

    def behave(self, do: str, *, times: int | None = None) -> None:
        if times is None:
            self.otherwise = BEHAVIOURS[do]
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    def text(self, *changes: tuple[str, str]) -> str:
        """The file by which this one is asked, with `changes` made to its text."""
        written = f"""
kind = "eauth"
name = "eid"
base_url = "https://127.0.0.1:{self.port}/v1"
timeout_seconds = 5.0
[tls]
certificate = "{self.directory}/client.pem"
key = "{self.directory}/client.key"
ca = "{self.directory}/ca.pem"
[secrets]
partner = "{self.directory}/partner"
[ask]
path = "/authentications"
name_spelling = "plain"
name_capitals = true
birth_date_format = "DD/MM/YYYY"
[ask.headers]
X-Partner = "{{secret.partner}}"
[ask.body]
request = "{{request_id}}"
person = {{ id = "{{personal_id}}", name = "{{full_name}}", dob = "{{birth_date}}" }}
[poll]
path = "/authentications/{{transaction_id}}"
every_seconds = 7
[poll.headers]
X-Partner = "{{secret.partner}}"
[answers]
transaction_id = "data.transaction"
level = "data.level"
time = "data.time"
request_id = "data.request"
personal_id = "data.id"
full_name = "data.name"
birth_date = "data.dob"
birth_date_format = "DD/MM/YYYY"
[[answer]]
means = "confirmed"
status = [200]
where = {{ code = ["00"], "data.match" = ["true"] }}
[[answer]]
means = "not_confirmed"
where = {{ code = ["00", "01"], "data.match" = ["false"] }}
[[answer]]
means = "denied"
where = {{ code = ["02"] }}
[[answer]]
means = "expired"
status = [404, 410]
[[answer]]
means = "pending"
where = {{ code = ["99"] }}
[[answer]]
means = "down"
where = {{ code = ["50"] }}
[callback]
secret = "partner"
"""
        for old, new in changes:
            assert old in written, old
            written = written.replace(old, new, 1)
        return written

    def file(self, *changes: tuple[str, str]) -> Path:
        """Writes `text`."""
        (self.directory / "partner").write_bytes(SECRET + b"\n")
        path = self.directory / "eid.toml"
        path.write_text(self.text(*changes))
        return path


def confirmed(person: Person = KNOWN, *, transaction: str = "tx-1", **data: Any) -> dict[str, Any]:
    """An answer that confirms; `data` replaces what stands in it, None takes it out."""
    told = {
        "transaction": transaction,
        "level": "2",
        "time": TIME,
        "match": True,
        "id": person.personal_id,
        "name": person.full_name,
        "dob": f"{person.birth_date:%d/%m/%Y}",
        **data,
    }
    return {"code": "00", "data": {name: value for name, value in told.items() if value is not None}}


def answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Answers with bytes as they are, anything else as JSON."""

    async def behave(_fake: FakeEauth, _asked: Asked, writer: asyncio.StreamWriter) -> None:
        reply(writer, status, body, headers)

    return behave


async def compare(fake: FakeEauth, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Compares as it should: once for each idempotency key."""
    if asked.method == "GET":
        reply(writer, 200, confirmed(transaction=asked.path.rpartition("/")[2]))
        return
    known = {"id": KNOWN.personal_id, "name": "NGUYEN THI DAO", "dob": "31/12/1990"}
    request = asked.fields["request"]
    fresh = confirmed(request=request, transaction=f"tx-{len(fake.answered) + 1}")
    if asked.fields["person"] != known:
        fresh["data"] = {"match": False, "request": request}
    reply(writer, 200, fake.answered.setdefault(asked.headers["idempotency-key"], fresh))


async def compare_and_hang_up(fake: FakeEauth, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Compares, and breaks the connection before the answer is out."""
    fake.answered[asked.headers["idempotency-key"]] = confirmed(request=asked.fields["request"], transaction="tx-first")
    writer.transport.abort()


async def fall_silent(_fake: FakeEauth, _asked: Asked, _writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(30)


async def break_off(_fake: FakeEauth, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection in the middle of the answer."""
    fake_http.break_off(writer)


async def drip(_fake: FakeEauth, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time."""
    await fake_http.drip(writer)


def raw(content: bytes) -> Behaviour:
    """Answers bytes that need not be HTTP."""

    async def behave(_fake: FakeEauth, _asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        writer.close()

    return behave


PENDING = {"code": "99", "data": {"transaction": "tx-9"}}
BEHAVIOURS: dict[str, Behaviour] = {
    "compare": compare,
    "pending": answer(202, PENDING, "Retry-After: 3\r\n"),
    "hang": fall_silent,
    "close": break_off,
    "hang_up": compare_and_hang_up,
    "drip": drip,
    "garbage": answer(200, b"\x00\xff<html>"),
    "not_http": raw(b"220 mail.example ESMTP\r\n"),
    "silence": raw(b""),
    "oversized": answer(200, {**confirmed(), "picture": "A" * 100_000}),
    "packed": answer(200, b"\x1f\x8b\x08", "Content-Encoding: gzip\r\n"),
    "redirect": answer(302, confirmed(), "Location: https://127.0.0.1:1/\r\n"),
    "unknown_code": answer(200, {"code": "77"}),
    "status_alone": answer(200, {}),
    "own_trouble": answer(200, {"code": "50"}),
    "error": answer(500, {}),
    "unavailable": answer(503, {}, "Retry-After: 40\r\n"),
    "throttle": answer(429, {}, "Retry-After: 40\r\n"),
    "unauthorized": answer(401, {}),
    "refuse": answer(400, {}),
}
"""What it can be told to do by name; from `hang` on, nothing that says anything of anybody."""


def signed(body: bytes, at: datetime, *, secret: bytes = SECRET) -> dict[str, str]:
    """Returns the headers of a report as the provider signs it at `at`."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Signature": signature, "X-Timestamp": timestamp}


def report(answered: Any) -> bytes:
    """Returns a report's body."""
    return json.dumps(answered).encode()


def issue(directory: Path) -> None:
    """Writes certificates of one authority, `ca`, for the names below, and of another, `other-ca`."""
    for authority in ("", "other-"):
        key, issuer = ec.generate_private_key(ec.SECP256R1()), x509.Name([_common_name(f"{authority}test authority")])
        root = _certificate(issuer, issuer, key.public_key(), key.public_key(), ca=True).sign(key, hashes.SHA256())
        (directory / f"{authority}ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        for name, host, ended in (
            ("server", "127.0.0.1", False),
            ("elsewhere", "127.0.0.2", False),
            ("expired", "127.0.0.1", True),
            ("client", "", False),
            ("client-expired", "", True),
        ):
            own = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([_common_name(name)])
            leaf = _certificate(subject, issuer, own.public_key(), key.public_key(), host=host, ended=ended)
            path = directory / f"{authority}{name}"
            path.with_suffix(".pem").write_bytes(
                leaf.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
            )
            path.with_suffix(".key").write_bytes(
                own.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )


def _common_name(text: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(x509.NameOID.COMMON_NAME, text)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issued_with: ec.EllipticCurvePublicKey,
    *,
    host: str = "",
    ended: bool = False,
    ca: bool = False,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(days=1) if ended else now + timedelta(days=1))
        # Both identifiers and the usage are demanded by Python's strict verification (3.13 and newer).
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issued_with), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=ca,
                crl_sign=ca,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if host:
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))])
        builder = builder.add_extension(names, critical=False)
    return builder
