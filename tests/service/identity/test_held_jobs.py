"""Work that was given up, as operators see it and have it tried anew."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest
from grpc import StatusCode
from identity_service import faults_of, reason_of, refusal

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit.tags import Tag
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

KIND = "RETIRED"
"""Of which no worker knows: what is queued again stays where it can be looked at."""


@pytest.fixture
async def database(deployment):
    connection = await asyncpg.connect(dsn(deployment.database_url))
    yield connection
    await connection.execute("DELETE FROM identity.jobs WHERE kind = $1", KIND)
    await connection.close()


@pytest.fixture
def held(database):
    """Gives up a job after two attempts; returns its name."""

    async def make(key):
        job_id = await database.fetchval(
            "INSERT INTO identity.jobs (kind, key, payload, state, due_time, failures, attempts)"
            " VALUES ($1, $2, '{}', 'HELD', now(), 2, 2) RETURNING id",
            KIND,
            key,
        )
        await database.execute(
            "INSERT INTO identity.job_attempts (job_id, number, kind, start_time, end_time, outcome)"
            " VALUES ($1, 1, $2, now(), now(), 'KeyError'), ($1, 2, $2, now(), now(), 'OSError')",
            job_id,
            KIND,
        )
        return f"heldJobs/{job_id}"

    return make


async def audited(api, name):
    request = audit_admin_pb2.ListEntriesRequest(subject=name.removeprefix("heldJobs/"), tag=Tag.JOB_RETRIED)
    return [(one.actor, one.detail) for one in (await api.audit.ListEntries(request)).entries]


async def test_what_was_given_up_is_listed_page_by_page_without_whom_it_is_about(api, held):
    names = [await held(f"hoa-ban-{number}") for number in range(3)]

    first = await api.call("JobAdmin/ListHeldJobs", page_size=2)
    second = await api.call("JobAdmin/ListHeldJobs", page_size=2, page_token=first.next_page_token)

    found = [*first.held_jobs, *second.held_jobs]
    assert [job.name for job in found] == names
    assert {(job.kind, job.attempt_count, job.outcome) for job in found} == {(KIND, 2, "OSError")}
    assert second.next_page_token == ""
    assert "hoa-ban" not in str(found)


@pytest.mark.rule("R50")
async def test_a_job_is_queued_again_once_however_often_the_call_is_repeated(api, held, database):
    name, request = await held("1"), {"request_id": str(uuid4())}
    for _ in range(2):
        await api.call("JobAdmin/RetryHeldJob", name=name, **request)

    state = await database.fetchrow("SELECT state, failures FROM identity.jobs WHERE kind = $1", KIND)
    assert tuple(state) == ("WAITING", 0)
    assert list((await api.call("JobAdmin/ListHeldJobs")).held_jobs) == []
    assert await audited(api, name) == [("operator:development", '{"kind":"RETIRED"}')]


async def test_a_job_that_was_given_up_again_is_not_queued_by_an_old_call(api, held, database):
    name, request = await held("1"), {"request_id": str(uuid4())}
    await api.call("JobAdmin/RetryHeldJob", name=name, **request)
    await database.execute("UPDATE identity.jobs SET state = 'HELD' WHERE kind = $1", KIND)

    await api.call("JobAdmin/RetryHeldJob", name=name, **request)

    assert [job.name for job in (await api.call("JobAdmin/ListHeldJobs")).held_jobs] == [name]


async def test_what_is_not_held_is_not_found_and_nothing_is_written_down(api, held):
    name = await held("1")
    await api.call("JobAdmin/RetryHeldJob", name=name, request_id=str(uuid4()))

    refused = await refusal(api.call("JobAdmin/RetryHeldJob", name=name, request_id=str(uuid4())))

    assert (refused.code(), reason_of(refused)) == (StatusCode.NOT_FOUND, Reason.JOB_NOT_HELD)
    assert len(await audited(api, name)) == 1


@pytest.mark.parametrize(
    ("method", "fields", "fault"),
    [
        ("ListHeldJobs", {"page_token": "PURGE"}, "page_token"),
        ("ListHeldJobs", {"page_size": 1001}, "page_size"),
        ("RetryHeldJob", {"name": "heldJobs/x", "request_id": "0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11"}, "name"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_by_its_field(api, method, fields, fault):
    assert faults_of(await refusal(api.call(f"JobAdmin/{method}", **fields))) == {fault}
