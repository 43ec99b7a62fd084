"""Names of the contracts, by the API improvement proposals (AIP)."""

from contracts import is_timestamp, methods, of_kind
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

NUMBERS = {
    FieldDescriptorProto.TYPE_INT32,
    FieldDescriptorProto.TYPE_INT64,
    FieldDescriptorProto.TYPE_UINT32,
    FieldDescriptorProto.TYPE_UINT64,
    FieldDescriptorProto.TYPE_FLOAT,
    FieldDescriptorProto.TYPE_DOUBLE,
}
UNITS = ("_seconds", "_minutes", "_hours", "_days", "_ms", "_millis", "_time", "_date")


def test_the_zero_value_of_an_enum_is_unspecified():
    """AIP-126: a client that never set the field must not be taken to have chosen."""
    meaningful = [
        enum.name
        for enum in of_kind("enum")
        if enum.proto.value[0].number != 0 or not enum.proto.value[0].name.endswith("_UNSPECIFIED")
    ]

    assert meaningful == []


def test_only_the_zero_value_is_unspecified():
    doubled = [
        value.name
        for value in of_kind("value")
        if value.proto.number != 0 and value.proto.name.endswith("_UNSPECIFIED")
    ]

    assert doubled == []


def test_an_instant_is_named_by_what_happened():
    misnamed = [
        field.name for field in of_kind("field") if is_timestamp(field.proto) and not field.proto.name.endswith("_time")
    ]

    assert misnamed == []


def test_times_and_spans_have_types_of_their_own_instead_of_numbers_with_units():
    bare = [
        field.name for field in of_kind("field") if field.proto.type in NUMBERS and field.proto.name.endswith(UNITS)
    ]

    assert bare == []


def test_a_request_is_named_after_its_method():
    strangers = [m.full_name for m in methods() if m.input_type.name != f"{m.name}Request"]

    assert strangers == []


def test_a_standard_get_and_a_standard_write_on_one_resource_take_its_name():
    """AIP-122: resources are addressed by `name`, never by a bare id."""
    nameless = [
        method.full_name
        for method in methods()
        if method.name.startswith(("Get", "Cancel", "Revoke", "Rotate", "Verify", "Inspect"))
        and "name" not in method.input_type.fields_by_name
        and method.name not in {"GetJwks", "GetMe"}  # there is one set of keys, and one who asks
    ]

    assert nameless == []
