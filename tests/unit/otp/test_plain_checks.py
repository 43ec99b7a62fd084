"""A check of a code is read at a glance only when it keeps the contract's rules."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.api.otp.v1 import service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.otp.wire.challenges import SHORTCUTS, read_plain_check

RULES = RequestValidator()
ID = "AZaz09-_" * 3

_NAMES = st.one_of(
    st.text("aZ9_-", min_size=24, max_size=24).map("challenges/{}".format),
    st.text("aZ9_-\n/\u0660", min_size=23, max_size=25).map("challenges/{}".format),
    st.sampled_from(["", ID, f"challenges/{ID}\n", f"Challenges/{ID}", f"challenges/{ID}\n123456"]),
)
_CODES = st.one_of(
    st.text("0123456789", min_size=6, max_size=6),
    st.text("09\n \u0660", min_size=5, max_size=7),
    st.sampled_from(["", f"123456\n{uuid.UUID(int=1)}"]),
)
_REQUEST_IDS = st.one_of(st.uuids().map(str), st.uuids().map(lambda one: one.hex), st.text("a-0\n", max_size=40))
_CHECKS = st.builds(service_pb2.CheckCodeRequest, name=_NAMES, code=_CODES, request_id=_REQUEST_IDS)


def keeps_the_rules(request):
    try:
        RULES.check(request)
    except InvalidRequest:
        return False
    return True


@given(_CHECKS)
def test_what_is_read_at_a_glance_is_what_the_rules_accept(check):
    assert (read_plain_check(check) is check) == keeps_the_rules(check)


def test_a_request_id_in_capitals_is_left_to_the_rules():
    check = service_pb2.CheckCodeRequest(name=f"challenges/{ID}", code="012345", request_id=str(uuid.uuid4()).upper())

    assert read_plain_check(check) is None
    assert RequestValidator(SHORTCUTS).check(check) is check


def test_a_fault_is_named_by_the_rules():
    check = service_pb2.CheckCodeRequest(name=f"challenges/{ID}", code="12345", request_id=str(uuid.uuid4()))

    with pytest.raises(InvalidRequest) as refused:
        RequestValidator(SHORTCUTS).check(check)

    assert [fault.field for fault in refused.value.field_faults] == ["code"]
