"""An OpenID provider nobody here wrote (npm `oidc-provider`), as a process that a test directs; and a person's browser."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.oidc.provider_file import read
from xacthuc.identity.adapters.oidc.sign_in import OidcSignIn, confirming, opened
from xacthuc.identity.ports.eid import Confirmation, Flow, Refused

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "oidc_provider.mjs"
REDIRECT_URI = "https://forum.example/eid/vneid"
SECRET = "a secret: of+ours/%"
PERSON = {"number": "001199000001", "name": "Trần Thị Bích", "birth_date": "1999-01-31"}
"""Of nobody: what the provider says of whoever signs in."""
_PATIENCE_SECONDS = 30


@dataclass
class OpenIdProvider:
    """A running provider."""

    issuer: str
    key: str
    """Our private key, whose public half it knows."""
    _control: socket.socket
    _answers: Iterator[bytes]

    def set(self, **to: Any) -> None:
        """Says how it behaves from now on; the settings stand at the top of oidc_provider.mjs."""
        self._ask({"do": "set", "to": to})

    def fail(self, fault: str, *paths: str) -> None:
        """Makes some of its addresses misbehave."""
        self.set(faults=dict.fromkeys(paths, fault))

    def rotate(self, *, published: bool = True) -> None:
        """Makes it sign with other keys from now on, and say so or not."""
        self._ask({"do": "rotate", "published": published})

    def reset(self) -> None:
        """Makes it forget settings and requests."""
        self._ask({"do": "reset"})

    def requests(self, path: str) -> list[dict[str, str]]:
        """Returns the requests for a path."""
        return [each for each in self._ask({"do": "report"})["requests"] if each["path"] == path]

    def key_id(self, kind: str) -> str:
        """Returns the id of its present key of a kind."""
        return next(each["kid"] for each in self._ask({"do": "report"})["keys"] if each["kty"] == kind)

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self._control.sendall(json.dumps(command).encode() + b"\n")
        return json.loads(next(self._answers))


@contextmanager
def running() -> Iterator[OpenIdProvider]:
    """Runs the provider."""
    pipe = subprocess.PIPE
    # What it prints on its error output are warnings that it is not meant for production, which nobody here doubts.
    with subprocess.Popen(["node", str(PROGRAM)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the provider ended at its start: make test installs it, or npm ci --ignore-scripts"
            told = json.loads(line)
            with (
                socket.create_connection(("127.0.0.1", told["control"]), timeout=_PATIENCE_SECONDS) as control,
                control.makefile("rb") as answers,
            ):
                yield OpenIdProvider(told["issuer"], told["key"], control, iter(answers.readline, b""))
        finally:
            process.kill()


async def signed_in(address: str) -> tuple[str, dict[str, str]]:
    """Follows an address as a person's browser without cookies of before does, to the redirect that leaves the provider.

    Returns where it leads, and its parameters.
    """
    home = urlsplit(address).netloc
    async with httpx.AsyncClient(trust_env=False) as browser:
        for _ in range(10):
            response = await browser.get(address)
            assert response.is_redirect, response.text
            address = str(response.next_request.url) if response.next_request else ""
            parts = urlsplit(address)
            if parts.netloc != home:
                return address.partition("?")[0], {name: value for name, (value,) in parse_qs(parts.query).items()}
    raise AssertionError("the provider never sends the person back")


def file(directory: Path, issuer: str, *, client: str = "forum-ES256", **changes: str) -> Path:
    """Writes the file by which a process uses the provider.

    `changes` replace whole lines of it by their keys; `client_extra` goes into [client].
    """
    (directory / "secret").write_text(changes.pop("credential", SECRET) + "\n")
    lines = {
        "kind": '"oidc"',
        "name": '"vneid"',
        "issuer": f'"{issuer}"',
        "redirect_uris": f'["{REDIRECT_URI}"]',
        "scopes": '["openid", "identity"]',
        "acr": '["2"]',
        "timeout_seconds": "5.0",
    }
    method = changes.pop("method", "client_secret_basic")
    client_extra = changes.pop("client_extra", "")
    lines |= changes
    path = directory / "vneid.toml"
    path.write_text(
        "\n".join(f"{key} = {value}" for key, value in lines.items() if value)
        + f"""
[client]
id = "{client}"
method = "{method}"
file = "{directory / "secret"}"
{client_extra}
[claims]
personal_id = "identity.number"
full_name = "name"
birth_date = "birthdate"
"""
    )
    return path


@dataclass
class Ours:
    """Our side of a provider."""

    sign_in: OidcSignIn
    observed: list[str] = field(default_factory=list)
    """What came of each completed flow."""

    async def code(self) -> tuple[Flow, str]:
        """Begins a flow and has the person sign in."""
        address, flow = await self.sign_in.begin(REDIRECT_URI)
        _, answer = await signed_in(address)
        assert answer["state"] == flow.state
        return flow, answer["code"]

    async def flow(self) -> Confirmation | Refused:
        """Goes through a whole flow."""
        return await self.sign_in.complete(*await self.code())


Opener = Callable[..., Awaitable[Ours]]


@pytest.fixture(scope="module")
def running_provider() -> Iterator[OpenIdProvider]:
    """One for the tests of a module."""
    with running() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: OpenIdProvider) -> OpenIdProvider:
    """A provider that behaves."""
    running_provider.reset()
    return running_provider


@pytest.fixture
def clock() -> FixedClock:
    """Stands at the provider's own time until a test moves it."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
async def open_ours(tmp_path: Path, provider: OpenIdProvider, clock: FixedClock) -> AsyncIterator[Opener]:
    """`await open_ours(client="forum-ES256", **lines of the file)`."""
    async with AsyncExitStack() as stack:

        async def make(**changes: str) -> Ours:
            observed: list[str] = []
            described = read(file(tmp_path, **{"issuer": provider.issuer, **changes}))

            def observe(outcome: str, _seconds: float) -> None:
                observed.append(outcome)

            manager = opened(described, clock, observe, confirming(described, clock))
            return Ours(await stack.enter_async_context(manager), observed)

        yield make


@pytest.fixture
async def ours(open_ours: Opener) -> Ours:
    """An ordinary one."""
    return await open_ours()
