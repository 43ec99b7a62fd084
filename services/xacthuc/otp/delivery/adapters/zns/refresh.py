"""Buying a new pair of tokens with a refresh token: one request to Zalo, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.adapters.http_exchange import Reply
from xacthuc.otp.delivery.adapters.zns.vault import Pair

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.http_exchange import Exchange
    from xacthuc.otp.delivery.adapters.zns.zns_file import ZnsFile

_MOST_TOKEN_CHARACTERS: Final = 4096
_SHORTEST_SECONDS: Final = 60
_USUAL_SECONDS: Final = 25 * 3600
"""How long an access token is good for when the answer does not say: what Zalo's documentation says."""
_LONGEST_SECONDS: Final = 30 * 24 * 3600
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class NoPair:
    """There is no new pair."""

    refused: bool
    """Whether Zalo said no; otherwise nobody knows whether the token was used."""
    cause: str
    """A short machine word for the log."""


async def refreshed(described: ZnsFile, exchange: Exchange, clock: Clock, token: str) -> Pair | NoPair:
    """Buys a new pair with `token`, which is used up when Zalo answers yes."""
    request = exchange.request(
        "POST",
        described.token_url,
        headers={"secret_key": described.secrets["app_secret"]},
        form={"refresh_token": token, "app_id": described.app_id, "grant_type": "refresh_token"},
    )
    reply = await exchange.ask(request)
    if not isinstance(reply, Reply):
        return NoPair(refused=False, cause=reply.reason)
    document = reply.document if isinstance(reply.document, dict) else {}
    access = _token(document.get("access_token"))
    if access is not None:
        now_ms = clock.now_ms()
        return Pair(
            access=access,
            refresh=_token(document.get("refresh_token")) or token,
            previous=token,
            made_ms=now_ms,
            until_ms=now_ms + _seconds(document.get("expires_in")) * 1000,
        )
    code = document.get("error")
    if reply.status >= _SERVER_ERRORS or not isinstance(code, int):
        return NoPair(refused=False, cause="unclear_answer")
    return NoPair(refused=True, cause=f"error_{abs(code)}")


def _token(value: object) -> str | None:
    # It becomes a header field: anything else than visible ASCII could not be sent (RFC 9110 section 5.5).
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TOKEN_CHARACTERS:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None


def _seconds(value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LONGEST_SECONDS)):
        return _USUAL_SECONDS
    return min(max(int(text), _SHORTEST_SECONDS), _LONGEST_SECONDS)
