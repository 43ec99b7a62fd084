"""Messages as a caller may send them: mostly plausible, with a field that is not, or is left out, now and then."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

Known = dict[str, list[Any]]
"""What callers write, by the name of the field that takes it."""

UUIDS = st.uuids(version=4).map(str) | st.just(str(uuid.UUID(int=0, version=4)))
EXTREMES = {
    FieldDescriptor.TYPE_STRING: st.text(max_size=80),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=80),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_ENUM: st.integers(-3, 99),
}


def value(field: FieldDescriptor, known: Known, *, plausible: bool) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return message(field.message_type, known, plausible=plausible)
    if not plausible:
        return EXTREMES[field.type]
    if field.name == "request_id":
        return UUIDS
    # What is a word in one message is a choice in another, such as a reason.
    likely = [each for each in known.get(field.name, []) if field.enum_type is None or isinstance(each, int)]
    if not likely and field.enum_type is not None:
        likely = [each.number for each in field.enum_type.values]
    return st.sampled_from(likely) if likely else EXTREMES[field.type]


@st.composite
def message(draw: st.DrawFn, descriptor: Any, known: Known, *, plausible: bool = True) -> Message:
    """A message whose fields are mostly what callers write, with one that is not, or is left out, now and then."""
    fields = {}
    odd = draw(st.none() | st.sampled_from([field.name for field in descriptor.fields])) if descriptor.fields else None
    for field in descriptor.fields:
        if field.name == odd and draw(st.booleans()):
            continue
        one = value(field, known, plausible=plausible and field.name != odd)
        unique = field.message_type is None  # messages cannot be told apart by a hash
        several = st.lists(one, min_size=1, max_size=4, unique=unique)
        fields[field.name] = draw(several if field.is_repeated else one)
    return GetMessageClass(descriptor)(**fields)
