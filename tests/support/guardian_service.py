"""What tests of the guardian service hold in their hands: the service as a platform calls it, beside its identity."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import grpc
import grpc.aio
from guardian_families import Families, families
from guardian_process import GuardianProcess
from identity_service import Api, Platform

from xacthuc.api.guardian.v1 import admin_pb2_grpc, resources_pb2, service_pb2, service_pb2_grpc
from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.sql.engine import make_engine

_CALL_SECONDS = 10


class Ways(NamedTuple):
    """To the service."""

    public: grpc.aio.Channel
    internal: grpc.aio.Channel


class Household:
    """A platform of one test with a key that both services know, and what lies in the guardian service's database."""

    def __init__(self, accounts: Platform, secret: str, ways: Ways, kept: Families) -> None:
        self.accounts, self.name, self.kept = accounts, accounts.name, kept
        self._stub = service_pb2_grpc.GuardianServiceStub(ways.public)
        self.officer = admin_pb2_grpc.GuardianAdminStub(ways.internal)
        self._metadata = (("authorization", f"Bearer {secret}"),)

    @classmethod
    async def create(cls, api: Api, ways: Ways, engine: Any) -> Household:
        """Makes a platform whose key both services have heard of."""
        name = await api.new_platform()
        key = await api.new_key(name, admin_pb2.PlatformKey.IDENTITY, admin_pb2.PlatformKey.GUARDIAN)
        accounts = Platform(api, name, key)
        await accounts.until_known()
        made = cls(accounts, key.secret, ways, families(engine, name, datetime.now(UTC)))
        await made.until_known()
        return made

    async def until_known(self) -> None:
        """Servers hear of a key within a second."""
        give_up = time.monotonic() + 60
        while True:
            try:
                await self.ask("GetLink", service_pb2.GetLinkRequest(name="links/none"))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.01)

    async def ask(self, method: str, request: Any) -> Any:
        """Calls any method of the public service."""
        return await getattr(self._stub, method)(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def answered(self, child: str, guardian: str, relation: Relation = Relation.MOTHER) -> str:
        """Lets somebody answer for a child as if they had confirmed; returns the link."""
        await self.kept.child(child)
        link = await self.kept.link(child, guardian, relation, State.ACTIVE)
        await self.kept.have_told(child)
        return link

    async def link(self, link: str) -> resources_pb2.Link:
        """Returns a link."""
        return await self.ask("GetLink", service_pb2.GetLinkRequest(name=f"links/{link}"))


def new_id() -> str:
    """Returns the id of a new request."""
    return str(uuid4())


@asynccontextmanager
async def household(api: Api, service: GuardianProcess) -> AsyncIterator[Household]:
    """Makes a platform over the service, and closes what that took."""
    engine = make_engine(
        service.environment["XACTHUC_DATABASE_URL"],
        application_name="test",
        pool_size=2,
        wait=timedelta(seconds=5),
        statement_timeout=timedelta(seconds=5),
    )
    async with (
        grpc.aio.insecure_channel(service.public) as public,
        service.administered() as internal,
    ):
        try:
            yield await Household.create(api, Ways(public, internal), engine)
        finally:
            await engine.dispose()
