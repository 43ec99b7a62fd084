"""What tests of the livestream service hold in their hands: the service as a platform calls it, beside its identity."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import Api, Platform
from livestream_process import LivestreamProcess

from xacthuc.api.identity.v1 import admin_pb2, service_pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.api.livestream.v1 import service_pb2 as pb2
from xacthuc.api.livestream.v1 import service_pb2_grpc as pb2_grpc
from xacthuc.tokens import broadcast
from xacthuc.tokens.keys import PublicKeys

ISSUER = "https://livestream.xacthuc.local"
CONFIRMED = "000090000000"
"""What the sandbox's provider confirms, of the birth year 1990."""

MANY_CONFIRMED = [f"000{sex}9000000{script}" for sex in (0, 1) for script in (0, 7, 8, 9)]
"""All that it confirms of that year: a person each."""

_CALL_SECONDS = 10


def instant(at: datetime) -> Timestamp:
    """Returns an instant as messages hold it."""
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def shown(
    kind: resources_pb2.Declaration.Kind.ValueType = resources_pb2.Declaration.PRICE, *, late: float = 0
) -> resources_pb2.Declaration:
    """Returns something that is for sale, `late` seconds from now."""
    at = datetime.now(UTC) + timedelta(seconds=late)
    return resources_pb2.Declaration(kind=kind, product_id="shirt-1", show_time=instant(at))


class Studio:
    """A platform of one test that broadcasts, with a key that every server knows already."""

    def __init__(self, channel: grpc.aio.Channel, accounts: Platform, secret: str) -> None:
        self.channel, self.stub = channel, pb2_grpc.LivestreamServiceStub(channel)
        self.accounts, self.name = accounts, accounts.name
        self.metadata = (("authorization", f"Bearer {secret}"),)

    @classmethod
    async def create(cls, api: Api, channel: grpc.aio.Channel) -> Studio:
        """Makes a platform whose key both services have heard of."""
        name = await api.new_platform()
        scopes = admin_pb2.PlatformKey.IDENTITY, admin_pb2.PlatformKey.LIVESTREAM
        key = await api.new_key(name, *scopes)
        accounts = Platform(api, name, key)
        await accounts.until_known()
        made = cls(channel, accounts, key.secret)
        await made.until_known()
        return made

    async def authorize(
        self, account: str, broadcast_id: str, request_id: str = "", *, commercial: bool = False
    ) -> resources_pb2.Clearance:
        return await self.ask(
            "AuthorizeBroadcast",
            account=f"accounts/{account}",
            broadcast_id=broadcast_id,
            commercial=commercial,
            request_id=request_id or str(uuid4()),
        )

    async def renew(self, broadcast_id: str) -> resources_pb2.Clearance:
        return await self.ask("RenewGrant", name=f"broadcasts/{broadcast_id}", request_id=str(uuid4()))

    async def declare(
        self, broadcast_id: str, *declarations: resources_pb2.Declaration, request_id: str = ""
    ) -> resources_pb2.Clearance:
        return await self.ask(
            "DeclareCommercial",
            name=f"broadcasts/{broadcast_id}",
            declarations=declarations or [shown()],
            request_id=request_id or str(uuid4()),
        )

    async def end(self, broadcast_id: str, request_id: str = "", **fields: Any) -> resources_pb2.Broadcast:
        return await self.ask(
            "EndBroadcast", name=f"broadcasts/{broadcast_id}", request_id=request_id or str(uuid4()), **fields
        )

    async def get(self, broadcast_id: str) -> resources_pb2.Broadcast:
        return await self.ask("GetBroadcast", name=f"broadcasts/{broadcast_id}")

    async def ask(self, method: str, **fields: Any) -> Any:
        """Calls any method that answers once."""
        request = getattr(pb2, f"{method}Request")(**fields)
        return await getattr(self.stub, method)(request, metadata=self.metadata, timeout=_CALL_SECONDS)

    async def seller(self, account: str, personal_id: str = CONFIRMED) -> None:
        """Registers an account and has its personal ID confirmed; another holder of the same one loses it."""
        await self.accounts.register(account)
        await self.accounts.verify_personal_id(account, personal_id, commerce=True)

    async def lock(self, account: str) -> None:
        """Locks an account."""
        request = service_pb2.LockAccountRequest(name=f"accounts/{account}", basis="order 1", request_id=str(uuid4()))
        await self.accounts.ask("LockAccount", request)

    async def unlock(self, account: str) -> None:
        """Lifts its locks."""
        request = service_pb2.UnlockAccountRequest(name=f"accounts/{account}", basis="order 2", request_id=str(uuid4()))
        await self.accounts.ask("UnlockAccount", request)

    async def granted(self, clearance: resources_pb2.Clearance, *, at: datetime | None = None) -> broadcast.Grant:
        """Returns a grant as a media edge believes it, now or at another time; TokenError when it does not."""
        published = await self.ask("GetJwks")
        keys = [{field.name: value for field, value in key.ListFields()} for key in published.keys]
        return broadcast.verify(
            clearance.grant.token,
            platform=self.name,
            issuer=ISSUER,
            keys=PublicKeys.read({"keys": keys}),
            now=at or datetime.now(UTC),
        )

    async def until_known(self) -> None:
        give_up = time.monotonic() + 60
        while True:
            try:
                await self.get("nothing")
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.01)


def channel_to(process: LivestreamProcess) -> grpc.aio.Channel:
    """Returns a connection of its own to the public port, which comes back soon after the process was away."""
    options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(process.public, options=options)
