"""The version before serves while its schema is migrated and the present one takes over: no call fails, no child is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from guardian_home import Home
from identity_service import Api
from upgrade import balanced, migrating, replaced, unbroken

from xacthuc.api.guardian.v1 import resources_pb2
from xacthuc.api.guardian.v1 import service_pb2 as pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.grpckit.channels import service_config

CHILD = (datetime.now(UTC).year - 12, 1, 1)


@pytest.mark.parametrize("installed", ["guardian"], indirect=True)
@pytest.mark.timeout(600)
async def test_the_version_before_is_migrated_and_replaced_under_load_without_a_failed_call(
    installed, bare_postgres, eventually
):
    old, new = installed
    api = Api(old.identity)
    channel = grpc.aio.insecure_channel(
        f"ipv4:{old.public},{new.public}",
        options=balanced(service_config("xacthuc.api.guardian.v1", "guardian_grpc_service_config.json")),
    )
    home = await Home.over(api, channel)
    children: list[str] = []

    with unbroken() as answered:

        async def grow_up(caller: int, turn: int) -> None:
            child, number = f"be{caller}-{turn}", f"+84912{caller}{turn:05d}"
            registration = home.accounts.registration(child, CHILD)
            await answered(lambda: home.accounts.submit(registration))
            invitation = pb2.RequestLinkRequest(
                child=f"accounts/{child}",
                phone_number=number,
                relation=resources_pb2.MOTHER,
                request_id=str(uuid4()),
            )
            link = await answered(lambda: home.call("RequestLink", invitation))
            confirmation = home.confirmation(link, number)
            confirmed = await answered(lambda: home.call("ConfirmLink", confirmation))
            assert confirmed.state == resources_pb2.Link.ACTIVE
            children.append(child)

        status = await replaced(
            grow_up,
            old=old,
            new=new,
            migrate=lambda: migrating("guardian")(bare_postgres),
            word="GuardianService/ConfirmLink",
            eventually=eventually,
        )

    async def all_may_post() -> bool:
        states = {(await home.accounts.get(child)).state for child in children}
        return states == {identity_pb2.Account.VERIFIED}

    await eventually(all_may_post, within=timedelta(seconds=120))
    await home.close()
    await api.close()
    assert status == 0
