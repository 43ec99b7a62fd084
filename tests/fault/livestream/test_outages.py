"""What happened to accounts while nobody followed them is made up for."""

from __future__ import annotations

import grpc
import pytest

from xacthuc.api.livestream.v1 import resources_pb2 as pb2


@pytest.mark.rule("R3")
async def test_an_account_that_was_locked_while_the_service_was_down_is_cut(studio, service, eventually):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    service.kill()
    await studio.lock("an")
    service.start()

    async def cut():
        try:
            return (await studio.get("shop")).state == pb2.Broadcast.REVOKED
        except grpc.aio.AioRpcError:  # it is coming up
            return False

    await eventually(cut)


@pytest.mark.rule("R3")
async def test_what_is_due_while_identity_is_away_is_decided_once_it_is_back(studio, service, deployment, eventually):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    service.kill()
    await studio.lock("an")
    deployment.kill()
    service.start()
    deployment.start()

    async def cut():
        return (await studio.get("shop")).state == pb2.Broadcast.REVOKED

    await eventually(cut)
