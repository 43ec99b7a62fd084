"""Whose broadcast it is decides: a supervised child's, a person's with several accounts, a platform's key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from identity_service import NUMBER, Api, Platform, reason_of, refusal
from livestream_service import CONFIRMED, Studio, instant

from xacthuc.api.identity.v1 import admin_pb2, internal_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason

Broadcast, Decision = resources_pb2.Broadcast, identity_pb2.Decision
Guardianship = internal_pb2.Guardianship


async def supervise(api: Api, studio: Studio, version: int, **supervision: object) -> None:
    """Says what the mother allows, as the guardian service does."""
    since = instant(datetime.now(UTC) - timedelta(minutes=1))
    mother = Guardianship.Guardian(
        link="links/1", account="accounts/mother", relation=Guardianship.MOTHER, start_time=since
    )
    await api.guardian.PutGuardianship(
        internal_pb2.PutGuardianshipRequest(
            guardianship=Guardianship(
                child="accounts/child",
                guardians=[mother],
                supervision=Guardianship.Supervision(**supervision),
                version=version,
            ),
            request_id=str(uuid4()),
        ),
        metadata=(("x-xacthuc-platform", studio.name),),
        timeout=10,
    )


@pytest.fixture
async def family(api: Api, studio: Studio) -> Studio:
    await studio.accounts.register("child", born=(2015, 1, 2))
    await studio.accounts.register("mother")
    await studio.accounts.verify("mother", api.otp.prove(NUMBER, "mother"))
    return studio


@pytest.mark.rule("R19")
async def test_a_child_is_on_air_as_its_guardian_allows_and_cut_once_suspended(api: Api, family: Studio, eventually):
    await supervise(api, family, 1, allowed_actions=[identity_pb2.POST])
    assert (await family.authorize("child", "show")).decision.reason == Decision.SUPERVISED
    await supervise(api, family, 2, allowed_actions=[identity_pb2.LIVESTREAM])
    assert (await family.authorize("child", "show")).broadcast.state == Broadcast.LIVE
    await supervise(api, family, 3, allowed_actions=[identity_pb2.LIVESTREAM], suspended=True)

    async def cut() -> bool:
        return (await family.get("show")).state == Broadcast.REVOKED

    await eventually(cut)
    assert (await family.authorize("child", "again")).decision.reason == Decision.SUSPENDED


@pytest.mark.rule("R3")
async def test_a_child_that_sells_is_cut_whatever_its_guardian_allows(api: Api, family: Studio):
    allowed = [identity_pb2.LIVESTREAM, identity_pb2.LIVESTREAM_COMMERCE]
    await supervise(api, family, 1, allowed_actions=allowed)
    await family.authorize("child", "show")

    cut = await family.declare("show")

    assert (cut.ruling, cut.decision.reason) == (resources_pb2.CUT, Decision.NOT_FOR_CHILDREN)
    assert (await family.get("show")).state == Broadcast.REVOKED


@pytest.mark.rule("R47")
async def test_a_lock_keeps_every_account_of_a_person_off_the_air(studio: Studio):
    for account in ("an", "an-shop"):
        await studio.accounts.submit(studio.accounts.registration(account, full_name="Nguyễn Văn An"))
        await studio.accounts.verify_personal_id(account, CONFIRMED, commerce=True)
    await studio.lock("an")

    refused = await studio.authorize("an-shop", "show", commercial=True)

    assert (refused.ruling, refused.decision.reason) == (resources_pb2.CUT, Decision.LOCKED)
    assert "order 1" in refused.decision.legal_basis


async def test_a_key_that_only_reads_looks_on_and_clears_nobody(api: Api, studio: Studio):
    await studio.authorize("nobody", "show")
    key = await api.new_key(studio.name, admin_pb2.PlatformKey.LIVESTREAM_READ)
    reader = Studio(studio.channel, Platform(api, studio.name, key), key.secret)
    await reader.until_known()

    assert (await reader.get("show")).state == Broadcast.REFUSED
    assert reason_of(await refusal(reader.authorize("nobody", "other"))) is Reason.SCOPE_MISSING
