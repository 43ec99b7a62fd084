"""Events that identity no longer keeps, while the service was down, lose it no erasure."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.sql.migrations import dsn


@pytest.mark.rule("R49")
async def test_an_erasure_among_lost_events_is_carried_out_and_acknowledged(studio, service, deployment, eventually):
    await studio.seller("an")
    await studio.authorize("an", "shop", commercial=True)
    service.kill()
    request = service_pb2.EraseAccountRequest(name="accounts/an", request_id=str(uuid4()))
    await studio.accounts.ask("EraseAccount", request)
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:

        async def asked():
            """With its event in the order of all: what has no position yet is never forgotten."""
            return await connection.fetchval(
                "SELECT (SELECT count(*) FROM identity.erasures WHERE seal_time IS NOT NULL) = 1"
                " AND NOT EXISTS (SELECT 1 FROM identity.outbox WHERE position IS NULL)"
            )

        async def acknowledged():
            return await connection.fetchval(
                "SELECT count(*) FROM identity.erasure_acknowledgements WHERE service = 'livestream'"
            )

        await eventually(asked)
        deployment.kill()
        await connection.execute(
            "DELETE FROM identity.outbox; UPDATE identity.outbox_head SET forgotten_position = position"
        )
        deployment.start()
        service.start()

        await eventually(acknowledged)
    finally:
        await connection.close()
