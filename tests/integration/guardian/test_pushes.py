"""The word to identity while identity is away: it is kept, never held, and a new one waits for nothing."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from authority import issue_certificates
from prometheus_client import CollectorRegistry

from xacthuc.grpckit.channels import ServiceChannel
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.guardian.adapters.jobs import push_job
from xacthuc.guardian.adapters.pushes import Pushes
from xacthuc.jobs.job import RetryAt
from xacthuc.telemetry.metrics import Metrics

PLATFORM = "forum"


@pytest.fixture
async def away(tmp_path):
    """The way to an identity that nobody has started."""
    issue_certificates(tmp_path, "guardian")
    telemetry = cast("Any", SimpleNamespace(metrics=Metrics(CollectorRegistry())))
    async with ServiceChannel(
        f"unix:{tmp_path}/nobody", TlsFiles(tmp_path, "guardian"), telemetry, peer="identity"
    ) as channel:
        yield channel


@pytest.mark.rule("R19")
async def test_an_identity_that_is_away_is_asked_again_soon_and_counts_as_no_failure(family, away):
    await family.child("be")
    await family.link("be", "me")
    pushes = Pushes(family.engine, away, family.clock, lambda: None)

    answered = await pushes.push(push_job(PLATFORM, "be"))

    assert isinstance(answered, RetryAt)
    assert answered.outcome == "IDENTITY_AWAY"
    assert answered.when - family.clock.now() <= timedelta(seconds=5)
