"""The rule of a process for watchers, against the contract's own."""

from __future__ import annotations

import string

from hypothesis import example, given
from hypothesis import strategies as st

from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.livestream.watch.rules import CursorRule

STATED, OWN = RequestValidator(), CursorRule()
LETTERS = string.ascii_letters + string.digits + "_-"


def answer(rules, request):
    try:
        return rules.check(request)
    except InvalidRequest as refused:
        return [(fault.field, fault.description, fault.reason) for fault in refused.field_faults]


@given(
    st.one_of(st.text(max_size=30), st.text(LETTERS, min_size=20, max_size=24), st.text(LETTERS + "\n= é", max_size=24))
)
@example("")
@example("a" * 22)
@example("a" * 22 + "\n")
@example("é" * 22)
def test_both_say_the_same_of_every_cursor(cursor):
    request = service_pb2.WatchRevocationsRequest(cursor=cursor)

    assert answer(OWN, request) == answer(STATED, request)
