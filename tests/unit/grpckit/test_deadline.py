"""How much time a call gets."""

from time import monotonic

import pytest

from xacthuc.grpckit.call import SUBCALL_MARGIN_SECONDS, Call
from xacthuc.grpckit.deadline import LEAST_SECONDS, allowed_seconds
from xacthuc.grpckit.errors import DeadlineExceeded, Unauthenticated
from xacthuc.grpckit.reasons import Reason
from xacthuc.telemetry.tracing import TraceContext


@pytest.mark.parametrize("granted", [None, 5.001, 86_400.0, float("inf")])
def test_none_or_too_much_is_the_ceiling_which_we_enforce(granted):
    assert allowed_seconds(granted, 5.0) == (5.0, True)


@pytest.mark.parametrize("granted", [LEAST_SECONDS, 1.0, 5.0])
def test_less_than_the_ceiling_is_what_the_caller_granted_and_grpc_enforces(granted):
    assert allowed_seconds(granted, 5.0) == (granted, False)


@pytest.mark.parametrize("granted", [0.0, 0.001, LEAST_SECONDS - 1e-9])
def test_too_little_to_answer_in_is_refused_before_anything_is_done(granted):
    with pytest.raises(DeadlineExceeded) as caught:
        allowed_seconds(granted, 5.0)

    assert caught.value.reason is Reason.DEADLINE_TOO_SHORT


def call(seconds, platform=""):
    return Call("/x", TraceContext(1, 1, None), monotonic() + seconds, platform)


def test_a_sub_call_gets_what_is_left_less_the_margin():
    one = call(1.0)

    assert one.budget_seconds() <= 1.0 - SUBCALL_MARGIN_SECONDS


def test_no_sub_call_is_made_when_only_the_margin_is_left():
    with pytest.raises(DeadlineExceeded):
        call(SUBCALL_MARGIN_SECONDS / 2).budget_seconds()


def test_time_left_is_never_negative():
    assert call(-1.0).remaining().total_seconds() == 0


def test_a_stream_without_an_end_has_much_time_left():
    assert call(float("inf")).remaining().days > 1000


def test_reading_the_platform_of_a_call_that_has_none_fails_closed():
    with pytest.raises(Unauthenticated):
        _ = call(1.0).platform
