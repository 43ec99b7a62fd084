"""The session log, as platforms write it and officers read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode
from identity_service import refusal

from xacthuc.api.identity.v1 import service_pb2, session_admin_pb2, session_admin_pb2_grpc, sessions_pb2
from xacthuc.grpckit.tls import TlsFiles

_Entry = sessions_pb2.SessionEntry


def stamp(after=timedelta(0)):
    made = Timestamp()
    made.FromDatetime(datetime.now(UTC) + after)
    return made


def logged_in(**fields):
    whole = {
        "account_id": "an",
        "kind": _Entry.LOG_IN,
        "occur_time": stamp(-timedelta(seconds=5)),
        "ip_address": "203.0.113.7",
        "source_port": 50_000,
    }
    return _Entry(**{**whole, **fields})


async def record(platform, *entries, request_id=None):
    request = service_pb2.RecordSessionsRequest(entries=entries, request_id=request_id or str(uuid4()))
    return await platform.ask("RecordSessions", request)


@pytest.fixture
async def officer(deployment):
    channel = grpc.aio.secure_channel(
        deployment.internal,
        TlsFiles(deployment.tls, "cli").channel_credentials(),
        options=[("grpc.ssl_target_name_override", "identity")],
    )
    yield session_admin_pb2_grpc.SessionAdminStub(channel)
    await channel.close()


@pytest.mark.rule("R48")
async def test_a_batch_is_read_back_by_account_and_time(platform, officer):
    other = logged_in(ip_address="2001:db8::7", kind=_Entry.LOG_OUT, occur_time=stamp())
    posted = logged_in(kind=_Entry.POST, content_id="post-1", ip_address="", source_port=0, account_id="binh")
    first = logged_in()

    answer = await record(platform, other, first, posted)
    listed = await officer.ListSessionEntries(
        session_admin_pb2.ListSessionEntriesRequest(
            parent=f"platforms/{platform.name}/accounts/an",
            start_time=stamp(-timedelta(hours=1)),
            end_time=stamp(timedelta(hours=1)),
            basis="request 12",
        )
    )

    assert (answer.recorded_count, list(answer.rejected)) == (3, [])
    assert [(one.ip_address, one.source_port) for one in listed.entries] == [
        ("203.0.113.7", 50_000),
        ("2001:db8::7", 50_000),
    ]


@pytest.mark.rule("R48")
async def test_what_is_wrong_with_a_row_is_told_and_costs_no_other(platform):
    wrong = {
        "account_id": logged_in(account_id="0912345678"),
        "kind": logged_in(kind=0),
        "occur_time": logged_in(occur_time=stamp(timedelta(hours=1))),
        "ip_address": logged_in(ip_address="not an address\0"),
        "content_id": logged_in(content_id="post-1"),
    }
    others = [
        logged_in(kind=99),
        logged_in(source_port=0),
        logged_in(occur_time=Timestamp(seconds=-(10**12))),
        _Entry(),
    ]

    answer = await record(platform, logged_in(), *wrong.values(), *others)

    assert answer.recorded_count == 1
    assert [one.index for one in answer.rejected] == list(range(1, 10))
    assert [one.faults[0].field for one in answer.rejected[:5]] == list(wrong)


async def test_a_batch_is_bounded_and_an_officer_says_what_it_is_read_for(platform, officer):
    assert (await refusal(record(platform))).code() is StatusCode.INVALID_ARGUMENT
    assert (await refusal(record(platform, *[logged_in()] * 1001))).code() is StatusCode.INVALID_ARGUMENT
    parent, now = f"platforms/{platform.name}/accounts/an", stamp()
    for fields in ({"basis": ""}, {"end_time": now}, {"page_token": "9" * 19 + "-1"}):
        whole = {"parent": parent, "start_time": now, "end_time": stamp(timedelta(hours=1)), "basis": "request 12"}
        request = session_admin_pb2.ListSessionEntriesRequest(**{**whole, **fields})
        assert (await refusal(officer.ListSessionEntries(request))).code() is StatusCode.INVALID_ARGUMENT
