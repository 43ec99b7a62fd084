"""Zalo on a loopback port: messages by template, tokens that are good for one refresh, and signed events.

Its answers have the shape and the codes of Zalo's documentation. A test decides what it does next; see fake_http.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import fake_http
from fake_http import Asked, FakeHttp, post, reply

if TYPE_CHECKING:
    from pathlib import Path

APP_ID = "2074138120372622546"
APP_SECRET = "app-s3cret"
OA_SECRET = "oa-s3cret"
SEED = "refresh-0"
TEMPLATES = {"vi": "7895417a7d3f9461cd2e", "en": "8895417a7d3f9461cd2f"}
USED_UP = -14020

Behaviour = Callable[["FakeZalo", Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeZalo(FakeHttp):
    """What it was sent, and what it does next with messages (`script`) and with token requests (`token_script`)."""

    received: list[dict[str, Any]] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    token_script: deque[Behaviour] = field(default_factory=deque)
    expires_in: int = 90_000
    """Seconds an access token is good for: 25 hours."""
    refreshes: list[str] = field(default_factory=list)
    """The refresh token of each request, whatever became of it."""
    renewals: int = 0
    """Pairs that were given out."""
    good_refresh: str = SEED
    good_access: set[str] = field(default_factory=set)
    receipts_to: str = ""
    receipts: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or accept

    def behave(self, do: str, *, times: int | None = None) -> None:
        """Does something of `BEHAVIOURS` with messages, the next `times` or from now on; `token:...` with tokens."""
        if do.startswith("token:"):
            self.token_script.extend([BEHAVIOURS[do.removeprefix("token:")]] * (times or 1))
        elif times is None:
            self.otherwise = BEHAVIOURS[do]
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path == "/v4/oa/access_token":
            self.refreshes.append(asked.fields.get("refresh_token", ""))
            await (self.token_script.popleft() if self.token_script else renew)(self, asked, writer)
        else:
            self.headers.append(asked.headers)
            await (self.script.popleft() if self.script else self.otherwise)(self, asked, writer)

    def revoke(self) -> None:
        """Makes every access token invalid."""
        self.good_access.clear()

    async def tell(self, event: dict[str, Any] | bytes, **signing: Any) -> int:
        """Posts an event, signed, and returns how it was answered."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        status = await post(self.receipts_to, body, signed(body, **signing))
        self.receipts.append(status)
        return status

    def file(
        self, directory: Path, name: str = "zalo", *, weight: int = 100, seed: str = SEED, extra: str = ""
    ) -> Path:
        """Writes the file by which a worker uses this account."""
        directory.mkdir(exist_ok=True)
        for secret, value in {"app": APP_SECRET, "oa": OA_SECRET, "refresh": seed}.items():
            (directory / f"{name}-{secret}.secret").write_text(f"{value}\n")
        path = directory / f"{name}.toml"
        path.write_text(
            f"""
kind = "zns"
name = "{name}"
channels = ["ZALO_ZNS"]
weight = {weight}
app_id = "{APP_ID}"
timeout_seconds = 5.0
message_url = "http://127.0.0.1:{self.port}/message/template"
token_url = "http://127.0.0.1:{self.port}/v4/oa/access_token"
{extra}
[secrets]
app_secret = "{directory / f"{name}-app.secret"}"
refresh_token = "{directory / f"{name}-refresh.secret"}"
webhook_secret = "{directory / f"{name}-oa.secret"}"
[templates.any]
vi = "{TEMPLATES["vi"]}"
en = "{TEMPLATES["en"]}"
[data]
otp = "{{code}}"
brand = "{{brand}}"
"""
        )
        return path


async def renew(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Gives a new pair for the one refresh token that is good, which it is no more."""
    fields = asked.fields
    if asked.headers.get("secret_key") != APP_SECRET or fields.get("app_id") != APP_ID:
        reply(writer, 200, {"error": -14002, "error_name": "Invalid secret key"})
    elif fields.get("refresh_token") != zalo.good_refresh:
        reply(writer, 200, {"error": USED_UP, "error_name": "Invalid refresh token"})
    else:
        pair = _next_pair(zalo)
        reply(writer, 200, {**pair, "expires_in": str(zalo.expires_in)})


async def renew_and_fall_silent(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Uses the refresh token up and never says what it gave for it."""
    _next_pair(zalo)
    await asyncio.sleep(30)


async def accept(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Sends, when the token is good, and reports it where there is somebody to report to."""
    before = len(zalo.received)
    await accept_only(zalo, asked, writer)
    if zalo.receipts_to and len(zalo.received) > before:
        zalo.later(_tell(zalo, arrived(asked.fields["tracking_id"])))


async def accept_only(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Says that it sends, when the token is good; nothing is ever heard of the message again."""
    if asked.headers.get("access_token") not in zalo.good_access:
        reply(writer, 200, {"error": -124, "message": "Access token invalid"})
        return
    zalo.received.append(asked.fields)
    reply(writer, 200, _accepted(zalo))


def error(code: int) -> Behaviour:
    """Says no, with status 200 as Zalo does."""

    async def behave(_zalo: FakeZalo, _asked: Asked, writer: asyncio.StreamWriter) -> None:
        reply(writer, 200, {"error": code, "message": "no"})

    return behave


def answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Answers without sending."""

    async def behave(_zalo: FakeZalo, _asked: Asked, writer: asyncio.StreamWriter) -> None:
        reply(writer, status, body, headers)

    return behave


async def hang(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(30)


async def close(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection in the middle of its answer."""
    fake_http.break_off(writer)


async def dripping(zalo: FakeZalo, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time."""
    await fake_http.drip(writer)


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": accept,
    "accept_only": accept_only,
    "hang": hang,
    "close": close,
    "drip": dripping,
    "garbage": answer(200, b"\x00\xff<html>"),
    "error": answer(500, {}),
    "throttle": answer(429, {}, "Retry-After: 1\r\n"),
    "rate": error(-32),
    "no_zalo": error(-118),
    "quota": error(-144),
    "token": error(-124),
    "renew": renew,
    "renew_and_hang": renew_and_fall_silent,
    "used_up": error(USED_UP),
}


def arrived(tracking_id: str, *, at_ms: int | None = None) -> dict[str, Any]:
    """Returns the event that a message has reached the person's device."""
    now = str(time.time_ns() // 1_000_000 if at_ms is None else at_ms)
    return {
        "sender": {"id": "2893352839501541173"},
        "recipient": {"id": "84912345678"},
        "event_name": "user_received_message",
        "message": {"delivery_time": now, "msg_id": "15a0cc0bbb13bd4ce403", "tracking_id": tracking_id},
        "app_id": APP_ID,
        "timestamp": now,
    }


def signed(body: bytes, *, signer: str = APP_ID, secret: str = OA_SECRET) -> dict[str, str]:
    """Returns the header of an event as Zalo signs it."""
    try:
        timestamp = str(json.loads(body)["timestamp"])
    except (ValueError, KeyError, TypeError):
        timestamp = "0"
    digest = hashlib.sha256(signer.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
    return {"X-ZEvent-Signature": f"mac={digest}"}


async def _tell(zalo: FakeZalo, event: dict[str, Any]) -> None:
    await zalo.tell(event)


def _accepted(zalo: FakeZalo) -> dict[str, Any]:
    quota = {"dailyQuota": "500", "remainingQuota": "499"}
    data = {"msg_id": f"z{len(zalo.received)}", "sent_time": str(time.time_ns() // 1_000_000), "quota": quota}
    return {"error": 0, "message": "Success", "data": data}


def _next_pair(zalo: FakeZalo) -> dict[str, str]:
    zalo.renewals += 1
    zalo.good_refresh = f"refresh-{zalo.renewals}"
    access = f"access-{zalo.renewals}"
    zalo.good_access.add(access)
    return {"access_token": access, "refresh_token": zalo.good_refresh}
