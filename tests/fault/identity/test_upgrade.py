"""The version before serves while its schema is migrated and the present one takes over: no call fails."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import grpc
import pytest
from identity_process import IdentityProcess
from identity_service import Api, Platform
from upgrade import DRAIN, balanced, is_of, migrating, replaced, unbroken
from version_before import unpacked_before

from xacthuc.api.identity.v1 import resources_pb2, service_pb2_grpc
from xacthuc.embedded.ports import free_ports
from xacthuc.grpckit.channels import service_config

REVISIONS = "services/xacthuc/identity/adapters/migrations/versions"


@pytest.fixture
def processes(tmp_path, bare_postgres, own_valkey):
    """An old process that serves and a new one of one installation, on a database of the version before."""
    directory, code = tmp_path / "identity", tmp_path / "before"
    directory.mkdir()
    code.mkdir()
    before = unpacked_before(REVISIONS, code)
    assert is_of(before, "xacthuc.identity.main", code)
    migrating("identity", **before)(bare_postgres)
    new = IdentityProcess(directory, bare_postgres, own_valkey.url, migrated=False)
    new.environment["XACTHUC_DRAIN_SECONDS"] = DRAIN
    old = new.beside("old", **before)
    for process, port in zip((old, new), free_ports(2), strict=True):
        process.public = process.environment["XACTHUC_PUBLIC_ADDRESS"] = f"127.0.0.1:{port}"
    with closing(new), closing(old):
        old.start()
        yield old, new


@pytest.mark.timeout(600)
async def test_the_version_before_is_migrated_and_replaced_under_load_without_a_failed_call(
    processes, bare_postgres, eventually
):
    old, new = processes
    api = Api(old)
    platform = await Platform.create(api)
    channel = grpc.aio.insecure_channel(
        f"ipv4:{old.public},{new.public}",
        options=balanced(service_config("xacthuc.api.identity.v1", "identity_grpc_service_config.json")),
    )
    api.service = service_pb2_grpc.IdentityServiceStub(channel)
    everywhere = platform.over(api)

    with unbroken() as answered:

        async def join(caller: int, turn: int) -> None:
            account, request_id = f"u{caller}-{turn}", str(uuid4())
            registration = everywhere.registration(account)
            await answered(lambda: everywhere.submit(registration))
            token = api.otp.prove(f"+84912{caller:02d}{turn:04d}", account)
            verified = await answered(lambda: everywhere.verify(account, token, request_id))
            assert verified.state == resources_pb2.Account.VERIFIED
            assert (await answered(lambda: everywhere.check(account))).allowed

        status = await replaced(
            join,
            old=old,
            new=new,
            migrate=lambda: migrating("identity")(bare_postgres),
            word="IdentityService/CheckAction",
            eventually=eventually,
        )
    await channel.close()
    await api.close()

    assert status == 0
