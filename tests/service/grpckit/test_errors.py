"""What a servicer raises is what the caller is told: a status, one ErrorInfo, and no more than they may know."""

from datetime import timedelta

import grpc
import pytest

from xacthuc.grpckit.errors import (
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    LimitExceeded,
    RequestIdReused,
    Unavailable,
)
from xacthuc.grpckit.reasons import Reason


def raising(error):
    async def behave(_request, _call):
        raise error

    return behave


async def test_an_unexpected_exception_is_internal_and_keeps_its_text_to_itself(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(RuntimeError("the launch code is 4242"))

    failure = await fails(deployment.check())

    assert (failure.code, failure.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL_ERROR")
    assert "4242" not in f"{failure.message}{failure.info}{failure.told}"


async def test_the_text_of_an_unexpected_exception_is_in_the_log_beside_the_trace_id_the_caller_got(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(RuntimeError("a broken invariant"))

    failure = await fails(deployment.check())

    (line,) = [line for line in deployment.lines() if line["event"] == "call_failed"]
    assert "a broken invariant" in line["exception"]
    assert line["trace_id"] == failure.info.metadata["trace_id"]


async def test_personal_data_in_an_unexpected_exception_is_masked_in_the_log(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(RuntimeError("no row for +84912345678 or 001203004567"))

    await fails(deployment.check())

    deployment.telemetry.writer.flush()
    text = deployment.log.read_text()
    assert "84912345678" not in text
    assert "001203004567" not in text


async def test_a_limit_says_which_one_and_until_when(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(LimitExceeded("too many checks", limit="NUMBER", retry_after=timedelta(seconds=90)))

    failure = await fails(deployment.check())

    assert failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (failure.info.metadata["limit"], failure.retry_after) == ("NUMBER", timedelta(seconds=90))


async def test_a_fault_found_by_the_servicer_names_its_field_and_reason(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(InvalidRequest(FieldFault("phone_number", "is a fixed line", "FIXED_LINE")))

    failure = await fails(deployment.check())

    assert (failure.code, failure.fields) == (grpc.StatusCode.INVALID_ARGUMENT, {"phone_number": "FIXED_LINE"})


async def test_a_reused_request_id_already_exists(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = raising(RequestIdReused())

    failure = await fails(deployment.check())

    assert (failure.code, failure.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


@pytest.mark.parametrize(
    ("language", "locale"), [(None, "vi-VN"), ("vi", "vi-VN"), ("fr-FR", "vi-VN"), ("en-GB,en;q=0.9", "en-US")]
)
async def test_a_person_is_told_in_vietnamese_unless_english_was_asked_for(deploy, fails, language, locale):
    deployment = await deploy()
    deployment.probe.does = raising(FailedPrecondition(Reason.CHALLENGE_CLOSED, "the challenge has ended"))

    failure = await fails(deployment.check(metadata={"accept-language": language} if language else None))

    assert failure.told.locale == locale
    assert failure.told.message


async def test_an_exception_of_a_library_is_told_as_its_translation(deploy, fails):
    class EngineDownError(Exception):
        pass

    class SpecialEngineDownError(EngineDownError):
        pass

    def translate(_error):
        return Unavailable(Reason.STORE_UNAVAILABLE, "the state store does not answer")

    deployment = await deploy(translations={EngineDownError: translate})
    deployment.probe.does = raising(SpecialEngineDownError())

    failure = await fails(deployment.check())

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    assert failure.retry_after == timedelta(seconds=1)
