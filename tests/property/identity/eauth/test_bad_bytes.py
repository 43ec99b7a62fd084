"""Whatever bytes a provider answers or posts: nothing but the typed outcomes comes of them, and nobody is confirmed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
import pytest
from fake_eauth import KNOWN, FakeEauth, confirmed, signed
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.eauth import reading
from xacthuc.identity.adapters.eauth.authenticator import EauthProvider
from xacthuc.identity.adapters.eauth.callback import CallbackReader
from xacthuc.identity.adapters.eauth.eauth_file import EauthFile, read
from xacthuc.identity.adapters.eauth.reading import About, Fault
from xacthuc.identity.adapters.remote.exchange import Exchange, Reply, document_of
from xacthuc.identity.ports.eid import Confirmation, Pending, ProviderDown, Refused

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["00", "01", "99", "tx-1", "2", "31/12/1990", "2026-11-23T10:00:00+07:00", KNOWN.personal_id])
)
NAMES = st.sampled_from(["code", "data", "transaction", "level", "time", "match", "id", "name", "dob", "request"])
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=9), max_leaves=15
)
STATUSES = st.sampled_from([200, 202, 204, 302, 400, 401, 404, 429, 500, 503, 999])
HEADS = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 429 x\r\nretry-after: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 503 x\r\nretry-after: \xd9\xa1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 301 x\r\nlocation: http://[\r\n\r\n",
        b"HTTP/1.1 500 x\r\nset-cookie: a=b; expires=never\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
    ]
)


def dumpable(document: Any) -> bool:
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:  # a lone surrogate, or an integer beyond 64 bits
        return False
    return True


BODIES = st.binary(max_size=300) | DOCUMENTS.filter(dumpable).map(orjson.dumps)


@pytest.fixture(scope="module")
def described() -> Iterator[EauthFile]:
    with TemporaryDirectory() as directory:
        yield read(FakeEauth(port=1, directory=Path(directory)).file())


@given(status=STATUSES, document=DOCUMENTS)
def test_no_document_raises_or_confirms_without_all_that_is_kept(
    described: EauthFile, status: int, document: Any
) -> None:
    about = About(request_id="r-1", personal_id=KNOWN.personal_id)
    found = reading.read(described, Reply(status, document), about, NOW)
    assert isinstance(found, (Confirmation, Refused, Pending, Fault))
    if isinstance(found, Confirmation):
        assert (document["code"], document["data"]["match"], document["data"]["request"]) == ("00", True, "r-1")
        assert found.level
        assert reading.is_transaction_id(found.transaction_id)
        assert found.personal_id in {None, KNOWN.personal_id}


@given(changed=st.sampled_from(["transaction", "level", "time", "match", "id", "dob", "request"]), value=DOCUMENTS)
def test_a_confirmation_with_one_thing_changed_stays_typed(described: EauthFile, changed: str, value: Any) -> None:
    document = confirmed(request="r-1")
    document["data"][changed] = value
    about = About(request_id="r-1", personal_id=KNOWN.personal_id)
    found = reading.read(described, Reply(200, document), about, NOW)
    if isinstance(found, Confirmation):
        assert found.personal_id in {None, KNOWN.personal_id}


@given(body=BODIES, signature=st.text(max_size=70), timestamp=st.text(max_size=20))
def test_no_bytes_posted_raise_or_count(described: EauthFile, body: bytes, signature: str, timestamp: str) -> None:
    reader = CallbackReader(described, FixedClock(NOW))
    assert reader.read({"X-Signature": signature, "X-Timestamp": timestamp}, body) is None


@given(body=BODIES)
def test_no_bytes_signed_by_the_provider_raise(described: EauthFile, body: bytes) -> None:
    found = CallbackReader(described, FixedClock(NOW)).read(signed(body, NOW), body)
    assert found is None or isinstance(found[1], (Confirmation, Refused))


@given(head=HEADS, body=BODIES)
def test_no_bytes_answered_raise_anything_else(described: EauthFile, head: bytes, body: bytes) -> None:
    async def ask() -> None:
        # TLS carries bytes as they are; without it a hundred examples cost no hundred handshakes.
        untrusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with answering(head + body) as url, httpx.AsyncHTTPTransport(verify=untrusting) as transport:
            exchange = Exchange(transport, 1.0)
            provider = EauthProvider(
                at_address(described, url), exchange, FixedClock(NOW), lambda _said, _seconds: None
            )
            try:
                found = await provider.confirm(KNOWN, "r-1")
            except ProviderDown as down:
                assert 0 < down.retry_after_seconds <= 600
            else:
                assert isinstance(found, (Confirmation, Refused, Pending))
                assert document_of(body) is not None or head.startswith(b"HTTP/1.1 404")

    asyncio.run(ask())


def at_address(described: EauthFile, url: str) -> EauthFile:
    """Gives the provider an address that no file may have."""
    plain = replace(described, base_url="https://127.0.0.1")
    object.__setattr__(plain, "base_url", url)
    object.__setattr__(plain.ask, "body", described.ask.body)
    return plain


@asynccontextmanager
async def answering(content: bytes) -> AsyncIterator[str]:
    """Answers every request with the same bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(content)
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
