"""A provider that is asked again later is seen in the trace of the call that had it asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fake_eauth import KNOWN
from kept_spans import KeptSpans
from prometheus_client import CollectorRegistry

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs
from xacthuc.identity.commands import Given, VerifyPersonalId
from xacthuc.identity.domain.personal_ids import Ground, Outcome
from xacthuc.identity.ports.eid import Providers
from xacthuc.identity.usecases import questions
from xacthuc.identity.usecases.personal_ids import verify_personal_id
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.tracing import Tracer


async def test_the_second_question_to_a_provider_is_a_step_of_the_first_call(
    bench, engine, fake, opened, clock, look, eventually
):
    spans = KeptSpans()
    tracer, metrics = Tracer(spans, 1.0), Metrics(CollectorRegistry(), jobs=frozenset(JobKind))
    bench.clock.advance(datetime.now(UTC) - bench.clock.now())  # jobs go by the database's
    await bench.register("u1", (1990, 12, 31), name=KNOWN.full_name)
    authenticator = await opened()
    identity = replace(bench.identity, providers=Providers(authenticators=(authenticator,)))
    asked = VerifyPersonalId(
        order=bench.order(KNOWN.personal_id, "VerifyPersonalId"),
        account_id="u1",
        personal_id=KNOWN.personal_id,
        given=Given(ground=Ground.COMMERCE, confirmation=None),
    )
    fake.behave("unavailable")
    with tracer.job("call"):
        verified = await verify_personal_id(identity, asked)
    assert verified.outcome is Outcome.PENDING

    fake.behave("compare")
    for each in (bench.clock, clock):
        each.advance(timedelta(hours=1))  # the provider is left alone no more
    await look("UPDATE identity.jobs SET due_time = now() RETURNING 1")
    work = {JobKind.PERSONAL_ID_CHECK: Work(lambda job: questions.ask_again(identity, job), ())}
    worker = Worker(engine, jobs, work, metrics, tracer, slots=1, drain=timedelta(seconds=1))
    running = asyncio.create_task(worker.run())
    await eventually(lambda: spans.named("process PERSONAL_ID_CHECK"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    again = spans.one("process PERSONAL_ID_CHECK")
    assert again.attributes["outcome"] == "CONFIRMED"
    assert spans.path(again) == ["call", "postgresql", "process PERSONAL_ID_CHECK"]
    first, second = spans.named("POST")
    assert spans.path(first) == ["call", "eauth.confirm", "POST"]
    assert spans.path(second) == [*spans.path(again), "eauth.confirm", "POST"]
    assert first.attributes["http.response.status_code"] == 503
    assert "postgresql" in spans.below(again)  # what came of it is written down within the same step
    said = " ".join(f"{span.name} {span.attributes}" for span in spans)
    assert not [secret for secret in (KNOWN.personal_id, KNOWN.full_name, "u1") if secret in said]
