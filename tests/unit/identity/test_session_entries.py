"""Entries of the session log as they are read: what is asked of the contract means what is taken at a glance."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.api.identity.v1 import service_pb2, sessions_pb2
from xacthuc.grpckit.call import Call
from xacthuc.identity.wire.session_messages import EntryReader
from xacthuc.ids import is_plain_id
from xacthuc.telemetry.tracing import TraceContext

pytestmark = pytest.mark.rule("R48")
CALL = Call("/test", TraceContext(1, 1, None), 0, "forum", key_id="test")
READER = EntryReader()


def logged_in(account, stamp):
    return sessions_pb2.SessionEntry(
        account_id=account,
        kind=sessions_pb2.SessionEntry.LOG_IN,
        occur_time=stamp,
        ip_address="203.0.113.7",
        source_port=50_000,
    )


@given(st.sampled_from(["user.one", "email-7", "007"]), st.integers(1, (1 << 32) - 1), st.integers(0, 999_999_999))
def test_an_id_that_is_asked_of_the_contract_moves_no_entry_in_time(account, seconds, nanos):
    stamp = Timestamp(seconds=seconds, nanos=nanos)
    request = service_pb2.RecordSessionsRequest(entries=[logged_in(account, stamp), logged_in("u1", stamp)])

    asked, glanced_at = READER.batch(request, CALL).read

    assert (is_plain_id(account), is_plain_id("u1")) == (False, True)
    assert asked.occur_us == glanced_at.occur_us == seconds * 1_000_000 + nanos // 1_000
