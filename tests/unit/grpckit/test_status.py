"""From exception to `google.rpc.Status` and back."""

from datetime import timedelta

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from xacthuc.grpckit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    FieldFault,
    Internal,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    Unimplemented,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import Details, status_to_error
from xacthuc.grpckit.status import DETAILS_KEY, OWN, serialize, translate


class FarError(Exception):
    pass


class NearError(FarError):
    pass


def not_found(_error):
    return NotFound(Reason.ACCOUNT_NOT_FOUND, "x")


def internal(_error):
    return Internal()


def failed_call(code, trailer=b"", message="said by the peer"):
    return grpc.aio.AioRpcError(
        code,
        grpc.aio.Metadata(),
        grpc.aio.Metadata((DETAILS_KEY, trailer)) if trailer else grpc.aio.Metadata(),
        message,
    )


def test_an_exception_is_translated_by_its_own_class_first():
    table = {FarError: internal, NearError: not_found}

    assert isinstance(translate(NearError(), table), NotFound)


def test_an_exception_is_translated_by_its_nearest_base_otherwise():
    assert isinstance(translate(NearError(), {**OWN, FarError: not_found}), NotFound)


def test_an_error_of_the_tree_is_told_as_it_is():
    error = NotFound(Reason.ACCOUNT_NOT_FOUND, "x")

    assert translate(error, OWN) is error


@pytest.mark.parametrize(
    ("raised", "told"),
    [(TimeoutError(), DeadlineExceeded), (NotImplementedError(), Unimplemented), (KeyError("x"), Internal)],
    ids=["TimeoutError", "NotImplementedError", "KeyError"],
)
def test_built_in_exceptions_have_a_meaning_or_are_defects(raised, told):
    assert type(translate(raised, OWN)) is told


def test_all_details_of_an_error_survive_the_way_to_the_caller():
    error = LimitExceeded("slow down", limit="IP", retry_after=timedelta(milliseconds=1500))

    details = Details(serialize(error, trace_id="a" * 32))

    assert (details.reason, details.retry_after) == (Reason.LIMIT_EXCEEDED, timedelta(milliseconds=1500))
    assert details.metadata == {"limit": "IP", "trace_id": "a" * 32}
    assert details.localized


def test_field_faults_survive_the_way_to_the_caller():
    fault = FieldFault("client.ip", "must be an address", "STRING_IP")

    assert Details(serialize(InvalidRequest(fault), trace_id="")).field_faults == (fault,)


def test_the_status_says_the_same_code_as_the_call():
    status = status_pb2.Status.FromString(serialize(NotFound(Reason.KEY_NOT_FOUND, "x"), trace_id=""))

    assert status.code == grpc.StatusCode.NOT_FOUND.value[0]


def test_a_status_from_elsewhere_has_no_reason_of_ours():
    status = status_pb2.Status(code=5)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="KEY_NOT_FOUND", domain="example.com"))

    assert Details(status.SerializeToString()).reason is None


def test_a_trailer_that_does_not_parse_is_no_detail_at_all():
    assert Details(b"\xff\xff").reason is None


def test_a_reason_this_version_does_not_know_is_internal():
    status = status_pb2.Status(code=9)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="SOMETHING_NEW", domain="xacthuc"))

    error = status_to_error(failed_call(grpc.StatusCode.FAILED_PRECONDITION, status.SerializeToString()))

    assert error.reason is Reason.INTERNAL_ERROR


def test_a_reason_under_a_status_it_does_not_belong_to_is_internal():
    trailer = serialize(FailedPrecondition(Reason.PROOF_EXPIRED, "x"), trace_id="")

    assert status_to_error(failed_call(grpc.StatusCode.NOT_FOUND, trailer)).reason is Reason.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, Reason.SERVICE_UNAVAILABLE),
        (grpc.StatusCode.CANCELLED, Reason.SERVICE_UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.SERVICE_UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.DEADLINE_EXCEEDED),
        (grpc.StatusCode.UNKNOWN, Reason.INTERNAL_ERROR),
        (grpc.StatusCode.UNIMPLEMENTED, Reason.INTERNAL_ERROR),
        (grpc.StatusCode.UNAUTHENTICATED, Reason.INTERNAL_ERROR),
    ],
)
def test_a_status_made_by_grpc_itself_has_one_meaning(code, reason):
    assert status_to_error(failed_call(code)).reason is reason
