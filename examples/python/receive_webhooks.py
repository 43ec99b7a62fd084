"""Receives webhooks: verifies each, remembers what it has seen, and works after it has answered.

python receive_webhooks.py [DATA]     DATA is where `make run` keeps its files: ../../var unless told otherwise
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

from development import Development, register

from xacthuc.client import AccountEvent
from xacthuc.client.webhooks import WebhookRefused, verify

SEEN: set[str] = set()  # in production: a table with a unique key, kept for a month
WORK: Queue[AccountEvent] = Queue()


class Receiver(BaseHTTPRequestHandler):
    """Answers first: ten seconds is all there is, and what takes longer is sent again."""

    secret = ""

    def do_POST(self) -> None:
        try:
            event = verify(dict(self.headers), self.rfile.read(int(self.headers["content-length"])), self.secret)
        except WebhookRefused:
            self.send_response(400)  # somebody else's, or one that was recorded and is played back
        else:
            if event is not None and event.name not in SEEN:
                SEEN.add(event.name)
                WORK.put(event)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Leaves the addresses of callers out of the log."""


def main(data: str = "../../var") -> None:
    """Makes a webhook to this program, and tells what arrives of an account, among those of all others."""
    development = Development.read(data)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    made = xacthuc(data, "create", development.platform, "--address", f"http://127.0.0.1:{server.server_port}/")
    Receiver.secret = made["secret"]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        print("test:", xacthuc(data, "test", made["webhook"]["name"])["outcome"])
        with development.connect() as client:
            account = register(client)
            event = next(each for each in iter(lambda: WORK.get(timeout=30), None) if each.account == account.name)
            print("told:", event.kind.name, "of the account")
        print("forged:", forged())
    finally:
        xacthuc(data, "delete", made["webhook"]["name"])


def forged() -> str:
    """Says what becomes of a delivery that somebody made up."""
    try:
        verify({"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}, b"{}", Receiver.secret)
    except WebhookRefused:
        return "refused"
    return "taken"


def xacthuc(data: str, *command: str) -> Any:
    """Does what an operator does with `xacthuc webhooks`."""
    words = [sys.executable, "-m", "xacthuc.cli.main", "--data", data, "webhooks", *command, "--json"]
    return json.loads(subprocess.check_output(words))  # noqa: S603 - words of this program


if __name__ == "__main__":
    main(*sys.argv[1:])
