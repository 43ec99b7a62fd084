"""The version before serves while its schema is migrated and the present one takes over: no call fails, no child is forgotten."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest
from guardian_home import Home
from identity_service import Api
from upgrade import balanced, migrating, replaced, unbroken

from xacthuc.grpckit.channels import service_config


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
            await home.raise_child(child, number, answered)
            children.append(child)

        status = await replaced(
            grow_up,
            old=old,
            new=new,
            migrate=lambda: migrating("guardian")(bare_postgres),
            word="GuardianService/ConfirmLink",
            eventually=eventually,
        )

    await eventually(lambda: home.all_may_post(children), within=timedelta(seconds=120))
    await home.close()
    await api.close()
    assert status == 0
