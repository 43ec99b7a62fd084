"""Whatever bytes a provider answers or posts: nothing is raised that is not promised, and nothing is taken for a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import fake_vendor
import fake_zalo
import orjson
import pytest
from fake_vendor import FakeVendor
from fake_zalo import FakeZalo
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.clock import SystemClock
from xacthuc.otp.delivery.adapters import gateway_file
from xacthuc.otp.delivery.adapters.gateway_receipts import ReceiptReader
from xacthuc.otp.delivery.adapters.http_exchange import Exchange, Reply, opened_exchange
from xacthuc.otp.delivery.adapters.zns import zns_file
from xacthuc.otp.delivery.adapters.zns.answers import error_of, refusal
from xacthuc.otp.delivery.adapters.zns.receipts import ZnsReceipts
from xacthuc.otp.delivery.adapters.zns.refresh import NoPair, refreshed
from xacthuc.otp.delivery.ports import Left, Receipt, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.otp.delivery.adapters.receipts_http import Reader

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12)
NAMES = st.sampled_from(
    ["id", "state", "error", "data", "event_name", "message", "tracking_id", "timestamp"]
) | st.text(max_size=5)
VALUES = LEAVES | st.sampled_from(["user_received_message", "ok", "m1", "1602560967477", "access_token"])
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)


def written(document: Any) -> bytes:
    return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)


def dumpable(document: Any) -> bool:
    try:
        written(document)
    except orjson.JSONEncodeError:
        return False
    return True


BODIES = st.binary(max_size=300) | DOCUMENTS.filter(dumpable).map(written)
HEADS = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 301 x\r\nlocation: http://[\r\n\r\n",
        b"HTTP/1.1 500 x\r\nset-cookie: a=b; expires=never\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
    ]
)


class Answering:
    """A server that answers every request with the same bytes, and an exchange with it, both on one loop."""

    def __init__(self) -> None:
        self.content = b""
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Exchange]:
        async with (
            await asyncio.start_server(self._serve, "127.0.0.1", 0) as server,
            opened_exchange(timeout_seconds=10.0, concurrency=4) as exchange,
        ):
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            yield exchange

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.content)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture(scope="module")
def files() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def vendor_reader(files: Path) -> ReceiptReader:
    return ReceiptReader.of(gateway_file.read(FakeVendor(port=1).file(files)), SystemClock())


@pytest.fixture(scope="module")
def form_reader(files: Path) -> ReceiptReader:
    path = FakeVendor(port=1).file(files, "form")
    path.write_text(path.read_text().replace('scheme = "hmac', 'format = "form"\nscheme = "hmac'))
    return ReceiptReader.of(gateway_file.read(path), SystemClock())


@pytest.fixture(scope="module")
def account(files: Path) -> zns_file.ZnsFile:
    return zns_file.read(FakeZalo(port=1).file(files))


def receipts_of(reader: Reader, body: bytes) -> list[Receipt | None]:
    try:
        return reader.read(body)
    except ValueError:
        return []


@given(body=BODIES, signature=st.text(max_size=70), timestamp=st.text(max_size=20))
def test_no_bytes_posted_as_a_vendor_receipt_raise(
    vendor_reader: ReceiptReader, form_reader: ReceiptReader, body: bytes, signature: str, timestamp: str
) -> None:
    for reader in (vendor_reader, form_reader):
        assert not reader.authentic({"X-Signature": signature, "X-Timestamp": timestamp}, body)
        receipts_of(reader, body)


@given(body=BODIES)
def test_no_bytes_signed_by_a_vendor_raise(vendor_reader: ReceiptReader, body: bytes) -> None:
    assert vendor_reader.authentic(fake_vendor.signed(body), body)
    receipts_of(vendor_reader, body)


@given(body=BODIES, signature=st.text(max_size=70))
def test_no_bytes_posted_as_an_event_of_zalo_raise(account: zns_file.ZnsFile, body: bytes, signature: str) -> None:
    reader = ZnsReceipts.of(account, SystemClock())
    assert reader is not None
    assert not reader.authentic({"X-ZEvent-Signature": signature}, body)
    reader.authentic(fake_zalo.signed(body), body)
    for receipt in receipts_of(reader, body):
        assert receipt is None or receipt.message_id


@given(head=HEADS, body=BODIES)
def test_no_bytes_answered_raise_or_count_as_sent(account: zns_file.ZnsFile, head: bytes, body: bytes) -> None:
    answering = Answering()
    answering.content = head + body

    async def ask() -> None:
        async with answering.open() as exchange:
            reply = await exchange.ask(exchange.request("POST", answering.url, headers={}, json={"a": 1}))
            if isinstance(reply, Reply):
                # What a provider's own rules do not recognise: a no by its status, else a doubt.
                assert isinstance(reply.by_status(), Rejected)
                assert error_of(reply) is None or isinstance(refusal(reply), Rejected)
            else:
                assert reply.left is not Left.REFUSAL

    asyncio.run(ask())


@given(head=HEADS, body=BODIES)
def test_no_bytes_answered_become_a_token(account: zns_file.ZnsFile, head: bytes, body: bytes) -> None:
    answering = Answering()
    answering.content = head + body

    async def ask() -> None:
        async with answering.open() as exchange:
            object.__setattr__(account, "token_url", answering.url)
            assert isinstance(await refreshed(account, exchange, SystemClock(), "token"), NoPair)

    asyncio.run(ask())
