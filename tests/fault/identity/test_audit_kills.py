"""`kill -9` of whoever seals, keeps checkpoints and writes: nothing is left out, and nothing looks tampered with."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta

import grpc
import pytest
from trails import kinds

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit.outside import read_all
from xacthuc.audit.verification import Break
from xacthuc.cli.adapters import audit_admin_client
from xacthuc.cli.trail import verified

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 4
ACCOUNTS = 40


async def trail(api):
    return [part async for part in api.audit.ExportTrail(audit_admin_pb2.ExportTrailRequest())]


@pytest.mark.rule("R50")
async def test_a_service_killed_at_any_moment_leaves_a_whole_trail(api, platform, deployment, eventually):
    chance = random.Random(50)
    acknowledged = set()

    async def write(account):
        try:
            await platform.register(account)
            acknowledged.add(account)
        except grpc.aio.AioRpcError:
            pass  # cut off: it may have been kept or not

    async def kill():
        await asyncio.sleep(chance.uniform(0, 0.6))  # any moment: while some write, some are sealed
        deployment.kill()

    for turn in range(ROUNDS):
        accounts = [f"u{turn}-{number}" for number in range(ACCOUNTS)]
        await asyncio.gather(*map(write, accounts), kill())
        deployment.start()

    async def is_sealed():
        parts = await trail(api)
        return parts[-1].end.waiting_count == 0 and parts

    await eventually(is_sealed, within=timedelta(seconds=20))
    outside = read_all(deployment.checkpoints)
    parts = await trail(api)
    keys = await api.audit.ListSigningKeys(audit_admin_pb2.ListSigningKeysRequest())
    assert len(keys.keys) == 1
    report = verified(parts, outside, None, lambda _report: None)

    assert report.is_intact, report.findings
    assert set(kinds(report)) <= {Break.CHECKPOINT_UNREADABLE}
    assert report.confirmed, "not one checkpoint was kept"
    recorded = [
        line.subject
        for part in parts
        for line in map(audit_admin_client.line_of, part.entries)
        if line.tag == "identity:account:registered"
    ]
    assert acknowledged <= set(recorded)
    assert len(recorded) == len(set(recorded))
