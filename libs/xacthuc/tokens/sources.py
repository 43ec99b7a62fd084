"""Where a verifier gets the issuer's keys: over HTTPS from an address, with nothing but the standard library."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from pathlib import Path
    from typing import IO

_MOST_BYTES: Final = 65_536
"""Sixteen keys have 4 KB."""
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class JwksUrl:
    """A JWK Set at an address. Called, it blocks and returns the document; `fetch` does the same for asyncio.

    Follows no redirect and uses no proxy: the keys come from the address that was given or not at all.
    """

    def __init__(
        self, url: str, *, root_certificates: Path | None = None, timeout: timedelta = timedelta(seconds=2)
    ) -> None:
        """Takes an https address, or http on this machine; ValueError for any other.

        `root_certificates` is a PEM file, the system's when left out. `timeout` holds for each step of a request.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("keys are fetched over https; only an address of this machine may say http")
        context = ssl.create_default_context(cafile=root_certificates)
        self._opener = build_opener(HTTPSHandler(context=context), ProxyHandler({}), _NoRedirect())
        self._request = Request(url, headers={"accept": "application/jwk-set+json, application/json"})  # noqa: S310 - judged above
        self._timeout = timeout

    def __call__(self) -> object:
        """Returns the document. OSError when it cannot be had, ValueError when it is no JSON or too long."""
        try:
            with self._opener.open(self._request, timeout=self._timeout.total_seconds()) as response:
                body = response.read(_MOST_BYTES + 1)
        except HTTPError as refused:
            # It holds the connection, and would be kept as the reason why there are no keys.
            refused.close()
            raise OSError(f"the address of the keys answers with HTTP {refused.code}") from None
        if len(body) > _MOST_BYTES:
            raise ValueError("the keys are longer than any key set")
        return json.loads(body)

    async def fetch(self) -> object:
        """Returns the document, fetched in a thread. Raises as a call does."""
        return await asyncio.to_thread(self)


class _NoRedirect(HTTPRedirectHandler):
    """Lets a redirect be the error it is here."""

    def redirect_request(
        self, _req: Request, _fp: IO[bytes], _code: int, _msg: str, _headers: HTTPMessage, _newurl: str
    ) -> None:
        return None
