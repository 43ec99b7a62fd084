"""Releases to authorities on PostgreSQL: what leaves, once, and what a killed process leaves to the next one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from release_world import AN, BINH, CHI, PLATFORM, Desk, refused
from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.approvals.tables import approvals as approvals_table
from xacthuc.identity.adapters.purge import Purge, destruction_job
from xacthuc.identity.adapters.releases.documents import key_of
from xacthuc.identity.adapters.releases.sql_releases import SqlReleases
from xacthuc.identity.adapters.releases.tables import release_documents
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.tables import jobs, trail
from xacthuc.identity.commands import EndAccount, RecordSessions
from xacthuc.identity.domain.approvals import ApprovalKind, Executed, Failed
from xacthuc.identity.domain.duties import Duty
from xacthuc.identity.domain.releases import Field, ReleaseState
from xacthuc.identity.domain.retention import Data
from xacthuc.identity.domain.sessions import Entry, EntryKind
from xacthuc.identity.usecases import approvals, lifecycle, releases, retention, sessions
from xacthuc.jobs.job import Done, RetryAt

pytestmark = pytest.mark.rule("R44")
DAY = timedelta(days=1)


@pytest.fixture
async def desk(bench, engine):
    for platform in (PLATFORM, "market"):
        order = replace(bench.order(platform, "CreatePlatform"), platform="")
        await bench.identity.platforms.create(order, platform, platform.upper(), bench.clock.now())
    await bench.register("u1", name="Nguyễn Văn An")
    await bench.verify("u1")
    return Desk(bench, engine)


@pytest.fixture
def rows(engine):
    async def of(wanted):
        async with engine.connect() as connection:
            return (await connection.execute(select(wanted))).all()

    return of


async def test_a_request_is_released_by_two_people_with_what_was_asked_for(desk, rows):
    release = await desk.record(fields=(Field.FULL_NAME, Field.PHONE_NUMBERS))
    approval = await desk.make(release)
    assert await desk.state(release) is ReleaseState.READY

    document = await desk.fetch(release)

    (account,) = document["accounts"]
    assert account["fields"]["FULL_NAME"]["account"]["rows"] == [{"full_name": "Nguyễn Văn An"}]
    assert account["fields"]["PHONE_NUMBERS"]["evidence"]["rows"][0]["number"] == "+84912345678"
    assert (document["reference"], account["registered"]) == ("12/CV-A05", True)
    kept = await releases.get(desk.identity, PLATFORM, release.release_id)
    assert (kept.made.approval, kept.made.proposer, kept.made.approver) == (approval.id, "an", "binh")
    assert (kept.fetched.operator, kept.state_at(desk.bench.clock.now())) == ("an", ReleaseState.RELEASED)
    told = {entry.tag: (entry.subject, entry.actor) for entry in await rows(trail.entries)}
    assert told[Tag.ACCOUNT_RELEASED] == ("u1", f"approval:{approval.id}")
    assert {Tag.RELEASE_RECORDED, Tag.RELEASE_FETCHED} <= set(told)


@pytest.mark.parametrize("field", Field)
async def test_a_field_that_was_not_asked_for_is_in_no_document(desk, field):
    release = await desk.record(fields=tuple(set(Field) - {field}))
    assert await refused(desk.propose(release, (field,))) is Reason.INVALID_FIELDS

    await desk.make(release)
    document = json.dumps(await desk.fetch(release), ensure_ascii=False)

    secrets = {Field.FULL_NAME: "Nguyễn", Field.BIRTH_DATE: "1990-01-02", Field.PHONE_NUMBERS: "912345678"}
    assert secrets.get(field, field.value) not in document
    assert field.value not in document


async def test_what_the_second_person_did_not_agree_to_stays_inside(desk):
    release = await desk.record(fields=(Field.FULL_NAME, Field.BIRTH_DATE))
    await desk.make(release, (Field.BIRTH_DATE,))

    document = await desk.fetch(release)

    assert document["accounts"][0]["fields"] == {
        "BIRTH_DATE": {"account": {"total": 1, "rows": [{"birth_date": "1990-01-02"}]}}
    }


async def test_a_document_that_nobody_could_fetch_is_not_made(desk, engine, rows):
    """Nothing is consumed by it: the same request is granted for fewer fields."""
    release, small = await desk.record(), Desk(desk.bench, engine, largest_bytes=700)
    approval = await small.propose(release)
    await small.grant(approval)

    await small.carry_out(approval)

    (kept,) = await rows(approvals_table)
    assert (kept.failure, await desk.state(release)) == ("RELEASE_TOO_LARGE", ReleaseState.OPEN)
    assert await rows(release_documents) == []
    assert isinstance(await desk.bench.keys.get(PLATFORM, key_of(approval.id)), NoKey)
    await small.make(release, (Field.FULL_NAME,))
    assert (await desk.fetch(release))["fields"] == ["FULL_NAME"]


async def test_one_from_before_that_is_too_large_is_refused_and_not_consumed(desk, engine):
    release = await desk.record()
    await desk.make(release)
    whole, requests = desk.identity.releases, SqlRequests(desk.bench.personal)
    cut = SqlReleases(engine, desk.bench.keys, requests, largest_bytes=10)

    desk.identity = replace(desk.identity, releases=cut)
    assert await refused(desk.fetch(release)) is Reason.RELEASE_STATE
    assert await desk.state(release) is ReleaseState.READY

    desk.identity = replace(desk.identity, releases=whole)
    assert (await desk.fetch(release))["accounts"]


async def test_log_ins_are_released_with_their_addresses(desk):
    us = int(desk.bench.clock.now().timestamp() * 1_000_000)
    entry = Entry("u1", EntryKind.LOG_IN, us, bytes([203, 0, 113, 7]) + (50_000).to_bytes(2, "big"), "")
    command = RecordSessions(order=desk.bench.order("", "RecordSessions"), read=[entry])
    await sessions.record_sessions(desk.identity, command)
    release = await desk.record(fields=(Field.SESSIONS,))
    await desk.make(release)

    (row,) = (await desk.fetch(release))["accounts"][0]["fields"]["SESSIONS"]["sessions"]["rows"]

    assert (row["kind"], row["ip_address"], row["source_port"]) == ("LOG_IN", "203.0.113.7", 50_000)


async def test_nobody_grants_what_they_proposed_themselves(desk):
    approval = await desk.propose(await desk.record())

    assert await refused(desk.grant(approval, AN)) is Reason.SECOND_PERSON_NEEDED


async def test_it_is_fetched_once_by_one_of_the_two(desk):
    release = await desk.record()
    assert await refused(desk.fetch(release)) is Reason.RELEASE_STATE
    approval = await desk.make(release)
    assert await refused(desk.fetch(release, CHI)) is Reason.RELEASE_OF_OTHERS

    await desk.fetch(release, BINH)

    for operator in (AN, BINH):
        assert await refused(desk.fetch(release, operator)) is Reason.RELEASE_STATE
    desk.bench.clock.advance(timedelta(minutes=10))
    assert await desk.destroy(release, approval) is None
    assert await desk.bench.keys.get(PLATFORM, key_of(approval.id)) is NoKey.DESTROYED


async def test_an_answer_that_was_lost_is_given_to_the_same_call_again_and_audited_again(desk, rows):
    release, request_id = await desk.record(), str(uuid4())
    approval = await desk.make(release)

    first = await desk.fetch(release, request_id=request_id)
    desk.bench.clock.advance(timedelta(minutes=9))
    assert await desk.destroy(release, approval) == RetryAt(desk.bench.clock.now() + timedelta(minutes=1), "NOT_YET")
    assert await desk.fetch(release, request_id=request_id) == first
    desk.bench.clock.advance(timedelta(minutes=1))

    assert await refused(desk.fetch(release, request_id=request_id)) is Reason.RELEASE_STATE
    tags = [entry.tag for entry in await rows(trail.entries)]
    assert tags.count(Tag.RELEASE_FETCHED) == 2


async def test_what_nobody_fetches_is_destroyed_in_time_and_due_again(desk, rows):
    release = await desk.record()
    approval = await desk.make(release)
    desk.bench.clock.advance(DAY)

    assert await refused(desk.fetch(release)) is Reason.RELEASE_STATE
    assert await desk.destroy(release, approval) is None
    assert await rows(release_documents) == []
    assert await desk.bench.keys.get(PLATFORM, key_of(approval.id)) is NoKey.DESTROYED
    assert await desk.state(release) is ReleaseState.OPEN
    await desk.make(release)
    assert len((await desk.fetch(release))["accounts"]) == 1


async def test_it_lies_sealed_and_its_destruction_is_part_of_the_commit_that_makes_it(desk, rows):
    release = await desk.record()
    approval = await desk.make(release)

    (kept,) = await rows(release_documents)
    waiting = [job for job in await rows(jobs.jobs) if job.kind == "RELEASE_DOCUMENT"]

    assert b"Nguy" not in bytes(kept.document)
    assert b"912345678" not in bytes(kept.document)
    assert [(job.key, job.due_time) for job in waiting] == [(approval.id, desk.bench.clock.now() + DAY)]


async def test_a_run_that_was_killed_before_its_answer_was_kept_makes_no_second_document(desk, rows):
    release = await desk.record()
    approval = await desk.propose(release)
    granted = await desk.grant(approval)
    executor = desk.eyes.executors[ApprovalKind.AUTHORITY_RELEASE]
    assert await executor.execute(granted) == Executed({"release": release.release_id})
    await desk.fetch(release)

    for _ in range(2):
        assert await desk.carry_out(approval) == Done("EXECUTED")

    tags = [entry.tag for entry in await rows(trail.entries)]
    assert (tags.count(Tag.ACCOUNT_RELEASED), len(await rows(release_documents))) == (1, 1)


async def test_what_ended_between_proposal_and_grant_is_not_made(desk):
    release = await desk.record()
    approval = await desk.propose(release)
    await releases.close(desk.identity, desk.bench.order("", "CloseRelease"), release.release_id, "13/CV-A05")
    await desk.grant(approval)

    assert await desk.carry_out(approval) == Done("FAILED")
    assert (await approvals.get(desk.eyes, approval.id, None)).outcome == Failed("RELEASE_CLOSED")


async def test_closing_destroys_what_waits_to_be_fetched(desk, rows):
    release, order = await desk.record(), desk.bench.order("", "CloseRelease")
    approval = await desk.make(release)

    ended = await releases.close(desk.identity, order, release.release_id, "13/CV-A05")
    assert await releases.close(desk.identity, order, release.release_id, "13/CV-A05") == ended

    assert await refused(desk.fetch(release)) is Reason.RELEASE_STATE
    assert await desk.destroy(release, approval) is None
    assert await rows(release_documents) == []
    again = releases.close(desk.identity, desk.bench.order("", "CloseRelease"), release.release_id, "again")
    assert await refused(again) is Reason.RELEASE_STATE


async def test_an_account_that_is_not_registered_is_answered_as_one(desk):
    release = await desk.record("nobody", "u1")
    await desk.make(release)

    document = await desk.fetch(release)

    assert [(each["account"], each["registered"]) for each in document["accounts"]] == [
        ("accounts/nobody", False),
        ("accounts/u1", True),
    ]


async def test_what_the_law_orders_kept_of_an_erased_account_is_released(desk, engine):
    await lifecycle.erase_account(desk.identity, EndAccount(order=desk.bench.order("erase"), account_id="u1"))
    purge = Purge(engine, desk.bench.keys, desk.bench.erasures, desk.bench.clock, desk.identity.standings.forget)
    await purge.destroy_key(destruction_job(PLATFORM, "u1"))
    release = await desk.record(fields=(Field.FULL_NAME,))
    await desk.make(release)

    document = await desk.fetch(release)

    assert document["accounts"][0]["fields"]["FULL_NAME"]["account"]["rows"] == [{"full_name": "Nguyễn Văn An"}]


async def test_what_nobody_answers_is_overdue_in_24_hours_or_3_also_while_it_waits_to_be_fetched(desk):
    await desk.record()
    urgent = await desk.record(emergency=True)
    seen = []
    for hours in (3, 21):
        desk.bench.clock.advance(timedelta(hours=hours, seconds=1))
        _, overdue = await retention.status(desk.identity)
        seen.append(overdue[Duty.RELEASE])
    await desk.make(urgent)
    _, ready = await retention.status(desk.identity)
    await desk.fetch(urgent)
    _, after = await retention.status(desk.identity)

    assert (seen, ready[Duty.RELEASE], after[Duty.RELEASE]) == ([1, 2], 2, 1)


async def test_a_document_whose_job_is_lost_alarms(desk):
    await desk.make(await desk.record())
    desk.bench.clock.advance(2 * DAY + timedelta(seconds=1))

    figures, _ = await retention.status(desk.identity)

    assert next(figure.late for figure in figures if figure.rule.data is Data.RELEASE_DOCUMENT) == 1


async def test_a_request_is_recorded_once_of_a_platform_there_is_and_not_of_the_future(desk):
    order = desk.bench.order("", "RecordRelease")
    first = await desk.record(order=order)

    assert await desk.record(order=order) == first
    nowhere = replace(desk.bench.order("", "RecordRelease"), platform="nowhere")
    assert await refused(desk.record(order=nowhere)) is Reason.PLATFORM_NOT_FOUND
    later = desk.bench.clock.now() + timedelta(seconds=1)
    assert await refused(desk.record(receive_time=later)) is Reason.INVALID_FIELDS


async def test_a_request_about_another_platform_is_not_there(desk):
    release = await desk.record()

    assert await refused(desk.propose(release, platform="market")) is Reason.RELEASE_NOT_FOUND
    missing = releases.get(desk.identity, "market", release.release_id)
    assert await refused(missing) is Reason.RELEASE_NOT_FOUND
