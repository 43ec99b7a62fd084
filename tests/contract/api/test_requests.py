"""What requests must hold, must not hold, and refuse by themselves, before any code of ours sees them."""

import protovalidate
import pytest
from buf.validate import validate_pb2
from contracts import (
    FIELD_BEHAVIOR,
    fields_within,
    is_public,
    is_read,
    methods,
    requests,
    services,
    words,
)
from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor

from xacthuc.api.identity.v1 import service_pb2

UNKNOWN_ENUM_VALUE = 999
OPAQUE = {"xacthuc.api.otp.v1.WatchOutcomesRequest.cursor"}
"""Bytes that we made and get back; nothing of a caller's own is read from them."""
PAPER_WORDS = {
    "attachment", "back", "card", "document", "face", "file", "front", "image", "jpeg", "media", "mime", "paper",
    "pdf", "photo", "picture", "png", "scan", "selfie", "uri", "url", "video",
}  # fmt: skip
REGISTERED = {"xacthuc.api.identity.v1.StartElectronicIdRequest.redirect_uri"}
"""Addresses of which only those in the operator's settings are taken: nobody can lay a paper there."""
SMALLEST_PICTURE = "iVBORw0KGgo" + "A" * 4_000
"""A picture of 3 KB in base64; no legible photograph of a card is smaller."""


def violated(message):
    """Returns the paths of the fields that break a rule of the contract."""
    found = protovalidate.collect_violations(message)
    return {".".join(step.field_name for step in one.proto.field.elements) for one in found if one.proto.field}


def behaviour(field):
    return field.GetOptions().Extensions[FIELD_BEHAVIOR][0]


def all_fields():
    return [(request, path, field, owner) for request in requests() for path, field, owner in fields_within(request)]


def label(request, path):
    return f"{request.DESCRIPTOR.full_name}.{path}"


def test_the_rules_of_every_request_compile():
    """Those for operators are compiled when they are first needed, so a server starts with ones that are wrong."""
    for request in requests():
        protovalidate.collect_violations(request)


def test_every_write_takes_a_request_id():
    bare = [
        method.full_name
        for method in methods()
        if not is_read(method) and "request_id" not in method.input_type.fields_by_name
    ]

    assert bare == []


def test_no_read_takes_a_request_id():
    superfluous = [m.full_name for m in methods() if is_read(m) and "request_id" in m.input_type.fields_by_name]

    assert superfluous == []


@pytest.mark.parametrize(
    "wrong", ["", "1", "6ba7b810-9dad-11d1-80b4", "not-a-uuid", "{0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11}"]
)
def test_a_request_id_is_a_uuid(wrong):
    tolerant = []
    for request in requests():
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            request.request_id = wrong
            if "request_id" not in violated(request):
                tolerant.append(request.DESCRIPTOR.full_name)

    assert tolerant == []


def test_a_required_field_is_refused_when_it_is_missing_and_an_optional_one_is_not():
    """A boolean cannot be missing in proto3: false is an answer."""
    wrong = {}
    for request in requests():
        required = {
            field.name
            for field in request.DESCRIPTOR.fields
            if behaviour(field) == field_behavior_pb2.REQUIRED and field.type != FieldDescriptor.TYPE_BOOL
        }
        required |= {
            one.name for one in request.DESCRIPTOR.oneofs if one.GetOptions().Extensions[validate_pb2.oneof].required
        }
        if violated(request) != required:
            wrong[request.DESCRIPTOR.full_name] = violated(request) ^ required

    assert wrong == {}


def test_no_request_has_a_field_that_only_the_service_may_set():
    misplaced = [
        label(request, path)
        for request, path, field, _ in all_fields()
        if behaviour(field) not in {field_behavior_pb2.REQUIRED, field_behavior_pb2.OPTIONAL}
    ]

    assert misplaced == []


def test_an_unknown_enum_value_is_refused():
    tolerant = []
    for request, path, field, owner in all_fields():
        if field.type == FieldDescriptor.TYPE_ENUM:
            value = [UNKNOWN_ENUM_VALUE] if field.is_repeated else UNKNOWN_ENUM_VALUE
            _set(owner, field, value)
            if path not in violated(request):
                tolerant.append(label(request, path))

    assert tolerant == []


def test_the_platform_is_never_a_field_of_a_public_request():
    """It comes from the key. A field could name another platform than the key does."""
    public = {method.input_type.full_name for service in services() if is_public(service) for method in service.methods}
    named = [
        label(request, path)
        for request, path, field, _ in all_fields()
        if request.DESCRIPTOR.full_name in public and words(field.name) & {"platform", "platforms", "tenant"}
    ]

    assert named == []


@pytest.mark.rule("R11")
def test_no_request_has_a_field_for_a_paper_an_image_or_a_place_where_one_lies():
    found = [label(request, path) for request, path, field, _ in all_fields() if words(field.name) & PAPER_WORDS]

    assert set(found) <= REGISTERED


@pytest.mark.rule("R11")
def test_no_request_takes_bytes_of_a_callers_own():
    found = {
        f"{field.containing_type.full_name}.{field.name}"
        for _, _, field, _ in all_fields()
        if field.type == FieldDescriptor.TYPE_BYTES
    }

    assert found <= OPAQUE


@pytest.mark.rule("R11")
def test_no_text_field_is_long_enough_for_a_picture():
    roomy = []
    for request, path, field, owner in all_fields():
        if field.type == FieldDescriptor.TYPE_STRING:
            _set(owner, field, [SMALLEST_PICTURE] if field.is_repeated else SMALLEST_PICTURE)
            if path not in violated(request):
                roomy.append(label(request, path))

    assert roomy == []


@pytest.mark.rule("R10")
def test_registration_asks_for_name_birth_date_and_consent_and_for_nothing_more():
    given_by_the_platform = {"account_id", "request_id"}

    asked_of_the_person = set(service_pb2.RegisterAccountRequest.DESCRIPTOR.fields_by_name) - given_by_the_platform

    assert asked_of_the_person == {"full_name", "birth_date", "consent"}


@pytest.mark.rule("R7")
def test_a_decision_is_asked_for_by_account_and_action_alone():
    """What the platform believes of the account cannot be said, so it cannot decide: the current state does."""
    assert set(service_pb2.CheckActionRequest.DESCRIPTOR.fields_by_name) == {"name", "action"}


@pytest.mark.rule("R7")
def test_one_call_answers_whether_why_and_what_to_do_next():
    check_action = service_pb2.DESCRIPTOR.services_by_name["IdentityService"].methods_by_name["CheckAction"]

    assert {"allowed", "reason", "next_step"} <= set(check_action.output_type.fields_by_name)


def _set(owner, field, value):
    if field.is_repeated:
        getattr(owner, field.name).extend(value)
    else:
        setattr(owner, field.name, value)
