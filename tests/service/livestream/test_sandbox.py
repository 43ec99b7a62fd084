"""What a platform tries out of selling live without real people (docs/sandbox.md): each ending of a personal ID."""

from __future__ import annotations

from datetime import timedelta

import pytest
from identity_service import NUMBER, Api
from livestream_service import Studio

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2

Broadcast, Decision = resources_pb2.Broadcast, identity_pb2.Decision


async def proven_by(api: Api, studio: Studio, script: int) -> None:
    """Has an account with a number give the personal ID of a script, of the birth year 1990."""
    await studio.accounts.register("an")
    await studio.accounts.verify("an", api.otp.prove(NUMBER, "an"))
    await studio.accounts.verify_personal_id("an", f"00009000000{script}", commerce=True)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("script", [1, 3, 5], ids=["not-confirmed", "down", "somebody-elses"])
async def test_who_is_not_confirmed_is_on_air_and_sells_nothing(api: Api, studio: Studio, script: int):
    await proven_by(api, studio, script)

    sale, talk = await studio.authorize("an", "sale", commercial=True), await studio.authorize("an", "talk")
    hidden = await studio.declare("talk")

    assert (sale.ruling, sale.decision.reason) == (resources_pb2.CUT, Decision.PERSONAL_ID_REQUIRED)
    assert (talk.ruling, hidden.ruling) == (resources_pb2.CONTINUE, resources_pb2.HIDE_GOODS)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("script", [2, 6], ids=["pending", "down-once"])
async def test_who_is_confirmed_later_sells_from_then_on(api: Api, studio: Studio, eventually, script: int):
    await proven_by(api, studio, script)
    begun = 0

    async def sells() -> bool:
        nonlocal begun
        begun += 1
        clearance = await studio.authorize("an", f"sale-{begun}", commercial=True)
        return clearance.ruling == resources_pb2.CONTINUE

    await eventually(sells, within=timedelta(seconds=60))
    assert (await studio.get(f"sale-{begun}")).commerce == Broadcast.CLEARED
