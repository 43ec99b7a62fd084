"""What is taken from redis-py beyond its documented surface is still there, over every transport."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from xacthuc.valkey import Store
from xacthuc.valkey.redispy import connect, dial, single

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine


async def test_a_connected_connection_keeps_its_streams_where_they_are_looked_for(valkey_url: str) -> None:
    connection = single(valkey_url).connection(timeout_seconds=5)
    await connect(connection)
    try:
        assert isinstance(connection._reader, asyncio.StreamReader), "redis-py changed: see xacthuc.valkey.redispy"
        assert isinstance(connection._writer, asyncio.StreamWriter), "redis-py changed: see xacthuc.valkey.redispy"
    finally:
        await connection.disconnect()


async def test_no_reply_is_outstanding_when_the_transport_is_taken(
    valkey_url: str, eventually: Callable[..., Awaitable[None]]
) -> None:
    class Recorder(asyncio.Protocol):
        data = b""

        def data_received(self, data: bytes) -> None:
            self.data += data

    wire = await dial(single(valkey_url), timeout_seconds=5)
    recorder = Recorder()
    wire.transport.set_protocol(recorder)
    wire.transport.write(b"*1\r\n$4\r\nPING\r\n")
    await eventually(lambda: recorder.data.endswith(b"+PONG\r\n"))  # whatever the handshake left behind comes before it
    wire.transport.abort()
    assert recorder.data == b"+PONG\r\n"


@asynccontextmanager
async def tls_in_front_of(server: Valkey, directory: Path) -> AsyncIterator[str]:
    """The bundled server has no TLS, so a plain TLS endpoint forwards to it. Yields the URL."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "store")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(server.socket_path)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))
        await asyncio.gather(writer.wait_closed(), inner_writer.wait_closed(), return_exceptions=True)

    endpoint = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    port = endpoint.sockets[0].getsockname()[1]
    async with endpoint:
        yield f"rediss://127.0.0.1:{port}?ssl_ca_certs={directory / 'cert.pem'}"


async def test_calls_pass_through_tls(valkey_server: Valkey, valkey_url: str, tmp_path: Path) -> None:
    async with tls_in_front_of(valkey_server, tmp_path) as url:
        store = await Store.connect(url, timeout_seconds=5, connect_timeout_seconds=5)
        replies = await asyncio.gather(*(store.execute("INCR", "k") for _ in range(200)))
        await store.close()
    assert list(range(1, 201)) == replies
