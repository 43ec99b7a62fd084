"""An operator's subscriber records and its token endpoint, whose answers a test decides, request by request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import fake_http
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_http import Asked, FakeHttp, reply

from xacthuc.identity.ports.eid import Person

Behaviour = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]

NUMBER = "+84912345678"
HOLDER = Person(personal_id="001090000123", full_name="Nguyễn Thị  Đào", birth_date=date(1990, 12, 31))
CORRELATOR = "4bf92f3577b34da6a3ce929d0e0e4736"
MATCHING = {"nameMatch": "true", "birthdateMatch": "true", "idDocumentMatch": "true"}


@dataclass
class FakeKyc(FakeHttp):
    """What it was asked, and what it does next: scripts first, `otherwise` when they are empty."""

    matches: list[Asked] = field(default_factory=list)
    tokens: list[Asked] = field(default_factory=list)
    """What it was asked for each token; the first one it gives is `token-1`."""
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    token_script: deque[Behaviour] = field(default_factory=deque)
    withdrawn: set[str] = field(default_factory=set)
    """Tokens that it refuses."""

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or answer(200, MATCHING)

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path == "/token":
            self.tokens.append(asked)
            given = {"access_token": f"token-{len(self.tokens)}", "token_type": "Bearer", "expires_in": 600}
            await (self.token_script.popleft() if self.token_script else answer(200, given))(asked, writer)
            return
        self.matches.append(asked)
        if asked.headers["authorization"].removeprefix("Bearer ") in self.withdrawn:
            await refuse(401, "UNAUTHENTICATED")(asked, writer)
            return
        await (self.script.popleft() if self.script else self.otherwise)(asked, writer)

    def behave(self, do: str, *, times: int | None = None) -> None:
        if times is None:
            self.otherwise = BEHAVIOURS[do]
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    def file(self, directory: Path, *changes: tuple[str, str], base_url: str = "") -> Path:
        """Writes the file by which this one is asked, with `changes` made to its text."""
        (directory / "secret").write_text("s3cret\n")
        (directory / "key.pem").write_bytes(SIGNING_KEY)
        written = f"""
kind = "kyc_match"
name = "viettel"
base_url = "{base_url or f"http://127.0.0.1:{self.port}/kyc-match/v0.4"}"
timeout_seconds = 5.0
[token]
url = "http://127.0.0.1:{self.port}/token"
client_id = "xacthuc"
authentication = "client_secret_basic"
secret = "{directory}/secret"
scope = "dpv:FraudPreventionAndDetection kyc-match:match"
"""
        for old, new in changes:
            assert old in written, old
            written = written.replace(old, new, 1)
        path = directory / "viettel.toml"
        path.write_text(written)
        return path


def answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Answers with bytes as they are, anything else as JSON."""

    async def behave(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        reply(writer, status, body, headers)

    return behave


def refuse(status: int, code: str, headers: str = "") -> Behaviour:
    """Answers with an ErrorInfo of the definition."""
    return answer(status, {"status": status, "code": code, "message": "as the definition has it"}, headers)


async def fall_silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(30)


async def break_off(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection in the middle of the answer."""
    fake_http.break_off(writer)


async def hang_up(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection."""
    writer.transport.abort()


async def drip(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time."""
    await fake_http.drip(writer)


BEHAVIOURS: dict[str, Behaviour] = {
    "match": answer(200, MATCHING),
    "hang": fall_silent,
    "close": break_off,
    "hang_up": hang_up,
    "drip": drip,
    "garbage": answer(200, b"\x00\xff<html>"),
    "list": answer(200, [MATCHING]),
    "other_words": answer(200, {**MATCHING, "nameMatch": True}),
    "oversized": answer(200, {**MATCHING, "picture": "A" * 100_000}),
    "packed": answer(200, b"\x1f\x8b\x08", "Content-Encoding: gzip\r\n"),
    "redirect": answer(302, MATCHING, "Location: http://127.0.0.1:1/\r\n"),
    "error": answer(500, {}),
    "unavailable": answer(503, {}, "Retry-After: 40\r\n"),
    "throttle": refuse(429, "TOO_MANY_REQUESTS", "Retry-After: 40\r\n"),
    "firewall": answer(403, b"Forbidden"),
}
"""What it can be told to do by name; from `hang` on, nothing that says anything of anybody."""

SIGNING_KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
