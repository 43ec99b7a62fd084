"""The access token by which an operator lets us ask: got with the client's credentials, kept, renewed in time.

However many questions wait for it, it is asked for once. It stands in memory alone, and in no log, span or exception.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from xacthuc.identity.adapters.kyc import assertion
from xacthuc.identity.adapters.kyc.kyc_file import ClientAuthentication
from xacthuc.identity.adapters.remote.exchange import NoReply, Reply

if TYPE_CHECKING:
    import httpx

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.kyc.kyc_file import TokenFile
    from xacthuc.identity.adapters.remote.exchange import Exchange

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*", re.ASCII)
"""`b64token` of RFC 6750 section 2.1, of a length that a header can hold."""

_USUAL_LIFE_SECONDS: Final = 300
"""Where the answer does not say (`expires_in` is only recommended, RFC 6749 section 5.1)."""

_LONGEST_LIFE_SECONDS: Final = 86_400
_LEEWAY_MS: Final = 30_000
"""How long before its end a token is renewed; a short-lived one at nine tenths of its life."""

_OK: Final = 200
_REFUSALS: Final = frozenset({400, 401, 403})


@dataclass(frozen=True, slots=True)
class NoToken:
    """Why there is no token."""

    said: str
    """One word for metrics and logs, from a closed set."""
    sound: bool = False
    """Whether the operator may be well all the same."""
    lasting: bool = False
    """Whether only somebody at the settings or at the operator can mend it."""
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renew_at_ms: int


class Tokens:
    """The tokens of one operator."""

    def __init__(self, described: TokenFile, exchange: Exchange, clock: Clock) -> None:
        """Has none yet; the first question gets one."""
        self._described = described
        self._exchange = exchange
        self._clock = clock
        self._kept: _Token | None = None
        self._getting: asyncio.Task[str | NoToken] | None = None

    async def bearer(self, *, refused: str = "") -> str | NoToken:
        """Returns a token, another one than `refused`. Never raises for the operator."""
        kept = self._kept
        if kept is not None and kept.text != refused and self._clock.now_ms() < kept.renew_at_ms:
            return kept.text
        if self._getting is None:
            self._getting = asyncio.create_task(self._get())
        # Shielded: whoever stops waiting does not take the token from the others.
        return await asyncio.shield(self._getting)

    async def close(self) -> None:
        """Stops getting a token."""
        if self._getting is not None:
            self._getting.cancel()
            await asyncio.wait([self._getting])

    async def _get(self) -> str | NoToken:
        try:
            found = self._read(await self._exchange.ask(self._request()))
        finally:
            self._getting = None
        if isinstance(found, _Token):
            self._kept = found
            return found.text
        return found

    def _read(self, reply: Reply | NoReply) -> _Token | NoToken:
        if isinstance(reply, NoReply):
            return NoToken(f"token_{reply.cause}", sound=reply.sound)
        if reply.status in _REFUSALS:
            return NoToken("credentials_refused", lasting=True)
        document = reply.document
        if reply.status != _OK or not isinstance(document, dict):
            return NoToken("token_unclear", retry_after_seconds=reply.retry_after_seconds)
        token, kind = document.get("access_token"), document.get("token_type")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            return NoToken("token_unclear")
        if not isinstance(kind, str) or kind.lower() != "bearer":  # case-insensitive: RFC 6749 section 5.1
            return NoToken("token_unclear")
        life_ms = _life_seconds(document.get("expires_in")) * 1000
        return _Token(token, self._clock.now_ms() + life_ms - min(_LEEWAY_MS, life_ms // 10))

    def _request(self) -> httpx.Request:
        described = self._described
        form = {"grant_type": "client_credentials", "scope": described.scope}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        match described.authentication:
            case ClientAuthentication.PRIVATE_KEY_JWT:
                form |= {"client_assertion_type": assertion.TYPE, "client_assertion": self._assertion()}
            case ClientAuthentication.CLIENT_SECRET_POST:
                form |= {"client_id": described.client_id, "client_secret": described.secret}
            case ClientAuthentication.CLIENT_SECRET_BASIC:
                # Both are form-encoded first: RFC 6749 section 2.3.1.
                pair = f"{quote(described.client_id, safe='')}:{quote(described.secret, safe='')}"
                headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        content = urlencode(form).encode()
        return self._exchange.request("POST", described.url, headers=headers, content=content)

    def _assertion(self) -> str:
        described = self._described
        return assertion.signed(
            described.secret,
            described.algorithm,
            client_id=described.client_id,
            key_id=described.key_id,
            audience=described.url,
            now_seconds=self._clock.now_ms() // 1000,
        )


def _life_seconds(told: object) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told <= 0:
        return _USUAL_LIFE_SECONDS
    return min(told, _LONGEST_LIFE_SECONDS)
