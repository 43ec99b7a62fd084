"""The guardian service as a platform calls it, beside its identity, by calls that outlast a server that is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from guardian_process import GuardianProcess
from identity_process import REPEATED
from identity_service import Api, Platform, reason_of

from xacthuc.api.guardian.v1 import resources_pb2
from xacthuc.api.guardian.v1 import service_pb2 as pb2
from xacthuc.api.guardian.v1 import service_pb2_grpc as pb2_grpc
from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2

_CALL_SECONDS = 10


class Home:
    """A platform of one test, with a key that both services have heard of."""

    def __init__(self, api: Api, channel: grpc.aio.Channel, accounts: Platform, secret: str) -> None:
        self.api, self.accounts, self.stub = api, accounts, pb2_grpc.GuardianServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {secret}"),)

    @classmethod
    async def create(cls, api: Api, service: GuardianProcess) -> Home:
        channel = grpc.aio.insecure_channel(service.public, options=[("grpc.initial_reconnect_backoff_ms", 50)])
        return await cls.over(api, channel)

    @classmethod
    async def over(cls, api: Api, channel: grpc.aio.Channel) -> Home:
        """Makes a platform that calls the service by a channel, which `close` ends."""
        name = await api.new_platform()
        key = await api.new_key(name, admin_pb2.PlatformKey.IDENTITY, admin_pb2.PlatformKey.GUARDIAN)
        made = cls(api, channel, Platform(api, name, key), key.secret)
        made.channel = channel
        await made.accounts.until_known()
        await made._until_known()
        return made

    async def call(self, method: str, request: Any) -> Any:
        """Calls once."""
        return await getattr(self.stub, method)(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def insist(self, method: str, request: Any) -> Any:
        """Repeats a call as a client does whose server goes away and comes back."""
        async with asyncio.timeout(120):
            while True:
                try:
                    return await self.call(method, request)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in REPEATED:
                        raise AssertionError(reason_of(error)) from error
                await asyncio.sleep(0.05)  # a client's pause before it asks again

    async def invite(self, child: str, number: str) -> resources_pb2.Link:
        """Invites a mother by her number."""
        request = pb2.RequestLinkRequest(
            child=f"accounts/{child}",
            phone_number=number,
            relation=resources_pb2.MOTHER,
            request_id=str(uuid4()),
        )
        return await self.insist("RequestLink", request)

    def confirmation(self, link: resources_pb2.Link, number: str) -> pb2.ConfirmLinkRequest:
        """Returns what a mother sends who takes the child on, with a proof of her number for this link."""
        accepted = Timestamp()
        accepted.FromDatetime(datetime.now(UTC))
        return pb2.ConfirmLinkRequest(
            name=link.name,
            proof_token=self.api.otp.prove_link(number, link.name),
            full_name=f"Trần Thị {number[-3:]}",
            birth_date=date_pb2.Date(year=1985, month=5, day=5),
            declaration=resources_pb2.Declaration(text_version="parent-2026-11", accept_time=accepted, affirmed=True),
            request_id=str(uuid4()),
        )

    async def raise_child(self, child: str, number: str, answered: Callable[..., Awaitable[Any]]) -> None:
        """Registers a child of twelve and has its mother take it on; `answered` makes each call."""
        registration = self.accounts.registration(child, (datetime.now(UTC).year - 12, 1, 1))
        await answered(lambda: self.accounts.submit(registration))
        invitation = pb2.RequestLinkRequest(
            child=f"accounts/{child}",
            phone_number=number,
            relation=resources_pb2.MOTHER,
            request_id=str(uuid4()),
        )
        link = await answered(lambda: self.call("RequestLink", invitation))
        confirmation = self.confirmation(link, number)
        confirmed = await answered(lambda: self.call("ConfirmLink", confirmation))
        assert confirmed.state == resources_pb2.Link.ACTIVE

    async def all_may_post(self, children: Iterable[str]) -> bool:
        """Tells whether identity has heard of a guardian of each."""
        states = {(await self.accounts.get(child)).state for child in children}
        return states == {identity_pb2.Account.VERIFIED}

    async def close(self) -> None:
        await self.channel.close()

    async def _until_known(self) -> None:
        give_up = time.monotonic() + 60
        while True:
            try:
                await self.call("GetLink", pb2.GetLinkRequest(name="links/none"))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return
                assert time.monotonic() < give_up, reason_of(error)
                await asyncio.sleep(0.01)
