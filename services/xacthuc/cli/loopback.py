"""Waits on this machine for a browser that comes back from the identity provider (RFC 8252 section 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_HOST: Final = "127.0.0.1"
_MOST_ANSWERED: Final = 8192
_DONE: Final = (
    b"<!doctype html><title>Xacthuc</title><p>Signed in. You can close this page and go back to the terminal."
)
_NOT_IT: Final = b"<!doctype html><title>Xacthuc</title><p>This is not what the terminal is waiting for."


class Loopback:
    """A port that is open while it is entered."""

    def __init__(self, port: int) -> None:
        """Listens; port 0 is any free one. OSError when it is taken."""
        self._server = _Server((_HOST, port), _Handler)

    @property
    def port(self) -> int:
        """The port that was taken."""
        return self._server.server_port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self, path: str, state: str, seconds: float) -> dict[str, str] | None:
        """Returns the parameters of the redirect to `path` with this `state`; None when it does not come in time.

        Whatever else knocks, another page of the browser perhaps, is told that it is not meant.
        """
        server, until = self._server, time.monotonic() + seconds
        server.path, server.state = path, state
        while server.redirect is None and (left := until - time.monotonic()) > 0:
            server.timeout = left
            server.handle_request()
        return server.redirect


class _Server(HTTPServer):
    path, state = "", ""
    redirect: dict[str, str] | None = None

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a browser that hung up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0
    server_version, sys_version = "xacthuc", ""

    def do_GET(self) -> None:
        """Takes the redirect once."""
        parts = urlsplit(self.path)
        given = dict(parse_qsl(parts.query)) if len(self.path) <= _MOST_ANSWERED else {}
        is_it = parts.path == self.server.path and given.get("state") == self.server.state
        if is_it:
            self.server.redirect = given
        body = _DONE if is_it else _NOT_IT
        self.send_response(200 if is_it else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server asks for
        """Says nothing: the address holds the code."""
