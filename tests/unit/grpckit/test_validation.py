"""The contract's rules, and how a fault names its field."""

import pytest

from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.api.otp.v1 import service_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator

REQUEST_ID = "0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11"


def faults_of(message):
    with pytest.raises(InvalidRequest) as caught:
        RequestValidator().check(message)
    return {fault.field: fault.reason for fault in caught.value.field_faults}


def test_a_request_that_keeps_the_rules_passes():
    RequestValidator().check(service_pb2.GetChallengeRequest(name="challenges/" + "a" * 24))


def test_a_field_within_a_message_is_named_by_its_path():
    request = service_pb2.StartChallengeRequest(
        phone_number="0912345678", purpose=1, subject="accounts/a", request_id=REQUEST_ID
    )
    request.client.ip = "not an address"

    assert "client.ip" in faults_of(request)


def test_an_element_of_a_list_is_named_by_its_index():
    request = admin_pb2.CreatePlatformKeyRequest(parent="platforms/forum", request_id=REQUEST_ID)
    request.scopes.extend([1, 99])

    assert "scopes[1]" in faults_of(request)


def test_a_rule_of_our_own_is_named_by_its_id():
    request = service_pb2.StartChallengeRequest(
        phone_number="0912345678", purpose=1, subject="accounts/0912345678", request_id=REQUEST_ID
    )

    assert faults_of(request) == {"subject": "SUBJECT_NOT_PERSONAL"}


def test_a_description_never_holds_the_value():
    request = service_pb2.CheckCodeRequest(name="challenges/x", code="987654", request_id="secret-value")

    with pytest.raises(InvalidRequest) as caught:
        RequestValidator().check(request)

    assert "secret-value" not in str(caught.value)
