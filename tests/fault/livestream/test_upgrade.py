"""The version before serves while its schema is migrated and the present one takes over: no call fails, no grant is lost."""

from __future__ import annotations

from uuid import uuid4

import grpc
import pytest
from identity_service import Api
from livestream_service import Studio
from upgrade import balanced, migrating, replaced, unbroken

from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit.channels import service_config


@pytest.mark.parametrize("installed", ["livestream"], indirect=True)
@pytest.mark.timeout(600)
async def test_the_version_before_is_migrated_and_replaced_under_load_without_a_failed_call(
    installed, bare_postgres, eventually
):
    old, new = installed
    api = Api(old.identity)
    channel = grpc.aio.insecure_channel(
        f"ipv4:{old.public},{new.public}",
        options=balanced(service_config("xacthuc.api.livestream.v1", "livestream_grpc_service_config.json")),
    )
    studio = await Studio.create(api, channel)
    for caller in range(3):
        await studio.accounts.register(f"u{caller}")
        await studio.accounts.verify(f"u{caller}", api.otp.prove(f"+8491234567{caller}", f"u{caller}"))

    with unbroken() as answered:

        async def broadcast(caller: int, turn: int) -> None:
            show, begun, over = f"u{caller}-{turn}", str(uuid4()), str(uuid4())
            clearance = await answered(lambda: studio.authorize(f"u{caller}", show, begun))
            assert clearance.ruling == resources_pb2.CONTINUE
            # Either version believes what the other signed.
            assert (await answered(lambda: studio.granted(clearance))).broadcast == show
            assert (await answered(lambda: studio.renew(show))).ruling == resources_pb2.CONTINUE
            ended_show = await answered(lambda: studio.end(show, over))
            assert ended_show.state == resources_pb2.Broadcast.ENDED

        status = await replaced(
            broadcast,
            old=old,
            new=new,
            migrate=lambda: migrating("livestream")(bare_postgres),
            word="LivestreamService/RenewGrant",
            eventually=eventually,
        )

    await channel.close()
    await api.close()
    assert status == 0
