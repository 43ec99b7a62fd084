"""An operator that knows something of every number, by its last digits, and answers all three CAMARA APIs.

What is true of a number is `truth`, for tests to compare with. What it does for the next questions a test decides; faults
strike whoever asks next, and every question is answered as it should be once they are over.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_http import Asked, FakeHttp, reply
from fake_kyc import Behaviour, answer, drip, fall_silent, hang_up, refuse

LONG_AGO = "2020-01-01T00:00:00Z"
LATE = "2099-01-01T00:00:00Z"
EVERY = {"RECYCLED": 11, "SIM_SWAPPED": 13, "SUBSCRIBER_MISMATCH": 17, "NOT_THEIRS": 19}


def number(at: int) -> str:
    """Returns the number of the account at a place."""
    return f"+849{at:08d}"


def truth(phone_number: str) -> set[str]:
    """Returns what this operator knows of a number; nothing is found of most."""
    at = int(phone_number[-8:])
    found = {name for name, every in EVERY.items() if at % every == 0}
    return {"NOT_THEIRS"} if "NOT_THEIRS" in found else found


def expected(numbers: list[str]) -> Counter[str]:
    """Returns what a run that asks all three counts over these numbers."""
    counts: Counter[str] = Counter()
    for one in numbers:
        found = truth(one)
        counts["CHECKED"] += 1
        counts["UNKNOWN" if found == {"NOT_THEIRS"} else "FOUND" if found else "MATCHED"] += 1
        counts.update(found - {"NOT_THEIRS"})
    return counts


@dataclass
class FakeCarrier(FakeHttp):
    """What it was asked, and what it does next."""

    questions: Counter[str] = field(default_factory=Counter)
    """By path."""
    numbers: Counter[str] = field(default_factory=Counter)
    """How often each was asked about."""
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour | None = None
    """None: as it should be."""

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path == "/token":
            reply(writer, 200, {"access_token": "token", "token_type": "Bearer", "expires_in": 3600})
            return
        self.questions[asked.path] += 1
        behaviour = self.script.popleft() if self.script else self.otherwise
        if behaviour is not None:
            await behaviour(asked, writer)
            return
        phone_number = asked.fields["phoneNumber"]
        self.numbers[phone_number] += 1
        status, body = told(asked.path, truth(phone_number))
        reply(writer, status, body)

    def behave(self, do: str, *, times: int | None = None) -> None:
        if times is None:
            self.otherwise = BEHAVIOURS.get(do)
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    def file(self, directory: Path, name: str = "viettel") -> Path:
        """Writes the file by which this one is asked."""
        (directory / "secret").write_text("s3cret\n")
        base = f"http://127.0.0.1:{self.port}"
        path = directory / f"{name}.toml"
        path.write_text(file_of(name, base, base, base, token=f"{base}/token", secret=directory / "secret"))
        return path


def file_of(name: str, kyc: str, recycling: str, sim_swap: str, *, token: str, secret: Path) -> str:
    """Returns what stands in the file of an operator."""
    return f"""
kind = "kyc_match"
name = "{name}"
base_url = "{kyc}"
recycling_url = "{recycling}"
sim_swap_url = "{sim_swap}"
timeout_seconds = 5.0
concurrency = 24
[token]
url = "{token}"
client_id = "xacthuc"
authentication = "client_secret_basic"
secret = "{secret}"
scope = "kyc-match:match number-recycling:check sim-swap:retrieve-date"
"""


def told(path: str, found: set[str]) -> tuple[int, dict[str, Any]]:
    """Returns what a question is answered with, as the definitions have it."""
    if "NOT_THEIRS" in found:
        return 404, {"status": 404, "code": "IDENTIFIER_NOT_FOUND", "message": "as the definition has it"}
    if path == "/check":
        return 200, {"phoneNumberRecycled": "RECYCLED" in found}
    if path == "/retrieve-date":
        return 200, {"latestSimChange": LATE if "SIM_SWAPPED" in found else LONG_AGO}
    name = "false" if "SUBSCRIBER_MISMATCH" in found else "true"
    return 200, {"nameMatch": name, "birthdateMatch": "true", "idDocumentMatch": "not_available"}


async def lie(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers in words that the definitions do not have."""
    reply(writer, 200, {"phoneNumberRecycled": "true", "latestSimChange": "yesterday", "nameMatch": True})


async def late(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers as it should, a while later."""
    await asyncio.sleep(0.2)
    status, body = told(asked.path, truth(json.loads(asked.body)["phoneNumber"]))
    reply(writer, status, body)


BEHAVIOURS: dict[str, Behaviour] = {
    "hang": fall_silent,
    "hang_up": hang_up,
    "drip": drip,
    "throttle": refuse(429, "TOO_MANY_REQUESTS", "Retry-After: 1\r\n"),
    "error": answer(500, {}),
    "unavailable": answer(503, {}, "Retry-After: 1\r\n"),
    "garbage": answer(200, b"\x00\xff<html>"),
    "list": answer(200, [1]),
    "lie": lie,
    "late": late,
    "reject": refuse(400, "INVALID_ARGUMENT"),
}
"""What it can be told to do by name; any other name: as it should."""

if __name__ == "__main__":  # a process of its own, for runs whose other side is to have a processor

    async def serve() -> None:
        carrier = FakeCarrier(port=int(__import__("sys").argv[1]))
        await carrier.open()
        await asyncio.Event().wait()

    asyncio.run(serve())
