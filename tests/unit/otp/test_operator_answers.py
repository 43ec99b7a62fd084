"""What an operator's answer means, code by code of the definition."""

from __future__ import annotations

import json

import pytest

from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.otp.adapters.camara.answers import judge
from xacthuc.otp.domain import challenge
from xacthuc.otp.domain.network import NetworkAnswer, is_bearer_token

MOBILE = "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"


def error(status: int, code: str) -> bytes:
    return json.dumps({"status": status, "code": code, "message": "..."}).encode()


@pytest.mark.parametrize(("verified", "expected"), [(True, NetworkAnswer.MATCHES), (False, NetworkAnswer.DIFFERS)])
def test_a_boolean_is_believed(verified: bool, expected: NetworkAnswer) -> None:
    judged = judge(200, json.dumps({"devicePhoneNumberVerified": verified}).encode())
    assert (expected, True) == (judged.answer, judged.sound)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"true",
        b"[true]",
        b"{}",
        b'{"devicePhoneNumberVerified":"true"}',
        b'{"devicePhoneNumberVerified":1}',
        b'{"devicePhoneNumberVerified":null}',
        b'{"devicephonenumberverified":true}',
        b'{"devicePhoneNumberVerified":tru',
        b"<html>",
        b"\xff\xfe",
    ],
)
def test_nothing_but_a_boolean_verifies_a_number(body: bytes) -> None:
    judged = judge(200, body)
    assert (NetworkAnswer.UNAVAILABLE, False) == (judged.answer, judged.sound)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "INVALID_ARGUMENT", NetworkAnswer.UNAVAILABLE),
        (401, "UNAUTHENTICATED", NetworkAnswer.TOKEN_REFUSED),
        (403, "PERMISSION_DENIED", NetworkAnswer.TOKEN_NOT_PERMITTED),
        (403, MOBILE, NetworkAnswer.NOT_BY_MOBILE_NETWORK),
        (403, "INVALID_TOKEN_CONTEXT", NetworkAnswer.DIFFERS),
        (403, "SOMETHING_NEW", NetworkAnswer.UNAVAILABLE),
        (404, "NOT_FOUND", NetworkAnswer.UNAVAILABLE),
        (422, "SERVICE_NOT_APPLICABLE", NetworkAnswer.UNAVAILABLE),
        (429, "TOO_MANY_REQUESTS", NetworkAnswer.UNAVAILABLE),
    ],
)
def test_a_refusal_means_what_its_code_says_and_an_operator_that_refuses_is_alive(
    status: int, code: str, expected: NetworkAnswer
) -> None:
    judged = judge(status, error(status, code))
    assert (expected, True) == (judged.answer, judged.sound)


def test_a_403_that_is_not_of_the_definition_is_not_blamed_on_the_token() -> None:
    """A firewall in front of the operator answers so when our address is not on its list."""
    assert judge(403, b"<html>Forbidden</html>").answer is NetworkAnswer.UNAVAILABLE


@pytest.mark.parametrize("status", [100, 201, 204, 301, 302, 307, 500, 501, 502, 503, 504, 599])
def test_whatever_else_comes_is_an_operator_that_does_not_answer(status: int) -> None:
    judged = judge(status, b'{"devicePhoneNumberVerified":true}')
    assert (NetworkAnswer.UNAVAILABLE, False) == (judged.answer, judged.sound)


@pytest.mark.parametrize("token", ["a", "eyJhbGciOi.J9-_~+/x==", "A" * 2048])
def test_a_bearer_token_is_recognized(token: str) -> None:
    assert is_bearer_token(token)


@pytest.mark.parametrize("token", ["", "=", "a b", "a\r\nx-evil: 1", "a=b", "mã", "a,b", "a\n"])
def test_what_could_break_out_of_a_header_is_no_bearer_token(token: str) -> None:
    assert not is_bearer_token(token)


def test_channels_are_numbered_as_in_the_contract() -> None:
    channels = resources_pb2.Challenge.Channel
    assert (channels.Value("SMS"), channels.Value("NETWORK")) == (challenge.SMS, challenge.NETWORK)
