"""The Python client against the service as it is deployed, and a media edge that believes its grants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from livestream_process import LivestreamProcess
from livestream_service import ISSUER, Studio

from xacthuc.client import (
    AsyncXacthuc,
    BroadcastState,
    CommerceDeclaration,
    CommerceKind,
    FailedPrecondition,
    NextStepKind,
    RevocationCause,
    Ruling,
    ScheduledBroadcast,
    Xacthuc,
)
from xacthuc.client.grants import AsyncGrantVerifier, GrantVerifier, TokenError


def key_of(studio: Studio) -> str:
    return studio.metadata[0][1].removeprefix("Bearer ")


async def test_a_show_from_the_question_to_the_cut(studio: Studio, service: LivestreamProcess):
    await studio.seller("an")
    async with AsyncXacthuc(key=key_of(studio), livestream=service.public) as client:
        live, cursor = client.livestream, await client.livestream.get_watch_cursor()
        edge = AsyncGrantVerifier(live.get_jwks, platform=studio.name, issuer=ISSUER)

        begun = await live.authorize_broadcast("an", "show")
        assert begun
        assert begun.grant is not None
        believed = await edge.verify(begun.grant.token)
        assert (believed.covers("show", "an"), believed.covers("show", "binh"), believed.commercial) == (
            True,
            False,
            False,
        )
        price = CommerceDeclaration(kind=CommerceKind.PRICE, show_time=datetime.now(UTC), product_id="shirt")
        declared = await live.declare_commercial(begun.broadcast, [price])
        assert declared.ruling is Ruling.CONTINUE
        assert declared.grant is not None
        assert (await edge.verify(declared.grant.token)).commercial
        assert [each.name async for each in live.list_broadcasts()] == ["broadcasts/show"]

        await studio.lock("an")
        async for batch in live.watch_revocations(cursor):
            if batch:
                break
        (revoked,) = batch.revocations
        assert (revoked.broadcast, revoked.ruling, revoked.cause) == (
            "broadcasts/show",
            Ruling.CUT,
            RevocationCause.ACCOUNT,
        )
        assert (await live.end_broadcast("show")).state is BroadcastState.REVOKED
        with pytest.raises(FailedPrecondition):
            await live.renew_grant("show")


async def test_a_schedule_is_validated_and_a_refusal_is_false(studio: Studio, service: LivestreamProcess):
    await studio.accounts.register("an")
    with Xacthuc(key=key_of(studio), livestream=service.public) as client:
        shows = [ScheduledBroadcast(account="an", broadcast_id="show", commercial=True)]

        (answer,) = client.livestream.batch_authorize(shows, validate_only=True)

        assert not answer
        refused = client.livestream.authorize_broadcast("an", "show", commercial=True)
        assert (bool(refused), refused.grant) == (False, None)
        assert refused.decision.next_step.kind is NextStepKind.VERIFY_PERSONAL_ID
        edge = GrantVerifier(client.livestream.get_jwks, platform=studio.name, issuer=ISSUER)
        with pytest.raises(TokenError):
            edge.verify("no token")
