"""The development platform and its key, made through the same admin calls an operator uses.

A key's secret is shown once, so it is kept beside the data (`demo.json`, mode 0600) and used again while the server
still knows it.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import grpc.aio

from xacthuc.api.identity.v1 import admin_pb2, admin_pb2_grpc
from xacthuc.ids import new_request_id
from xacthuc.up.layout import UpError, write_private

if TYPE_CHECKING:
    from xacthuc.up.layout import Layout

PLATFORM: Final = "demo"
_NAME: Final = f"platforms/{PLATFORM}"
_DISPLAY_NAME: Final = "Demo"
_CALL_SECONDS: Final = 5.0
_Key: Final = admin_pb2.PlatformKey


def development_key(layout: Layout, address: str) -> str:
    """Returns the secret of the demo platform's key, creating platform and key when needed.

    `address` is identity's internal port. UpError when identity refuses.
    """
    try:
        return asyncio.run(_development_key(layout, address))
    except grpc.aio.AioRpcError as error:
        raise UpError(f"identity would not make the demo platform: {error.code().name}, {error.details()}") from error


async def _development_key(layout: Layout, address: str) -> str:
    credentials = grpc.ssl_channel_credentials(
        (layout.tls / "ca.pem").read_bytes(),
        (layout.tls / "cli.key").read_bytes(),
        (layout.tls / "cli.pem").read_bytes(),
    )
    async with grpc.aio.secure_channel(address, credentials) as channel:
        admin = admin_pb2_grpc.IdentityAdminStub(channel)
        await _create_platform(admin)
        return await _key_in_use(layout, admin) or await _new_key(layout, admin)


async def _create_platform(admin: admin_pb2_grpc.IdentityAdminStub) -> None:
    request = admin_pb2.CreatePlatformRequest(
        platform_id=PLATFORM, display_name=_DISPLAY_NAME, request_id=new_request_id()
    )
    try:
        await admin.CreatePlatform(request, timeout=_CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise


async def _active_keys(admin: admin_pb2_grpc.IdentityAdminStub) -> list[str]:
    listed = await admin.ListPlatformKeys(admin_pb2.ListPlatformKeysRequest(parent=_NAME), timeout=_CALL_SECONDS)
    return [key.name for key in listed.keys if key.state == admin_pb2.PlatformKey.ACTIVE]


async def _key_in_use(layout: Layout, admin: admin_pb2_grpc.IdentityAdminStub) -> str | None:
    """Returns the kept secret when the server still honours it: the database may be another than last time."""
    if not layout.demo.exists():
        return None
    kept = json.loads(layout.demo.read_text("utf-8"))
    return str(kept["secret"]) if kept["name"] in await _active_keys(admin) else None


async def _new_key(layout: Layout, admin: admin_pb2_grpc.IdentityAdminStub) -> str:
    for name in await _active_keys(admin):  # two at most may be active, and nobody knows the secrets of these any more
        revoke = admin_pb2.RevokePlatformKeyRequest(name=name, request_id=new_request_id())
        await admin.RevokePlatformKey(revoke, timeout=_CALL_SECONDS)
    request = admin_pb2.CreatePlatformKeyRequest(
        parent=_NAME,
        scopes=[_Key.OTP, _Key.IDENTITY, _Key.GUARDIAN, _Key.LIVESTREAM],
        request_id=new_request_id(),
    )
    made = await admin.CreatePlatformKey(request, timeout=_CALL_SECONDS)
    write_private(layout.demo, json.dumps({"name": made.key.name, "secret": made.secret}).encode())
    return str(made.secret)
