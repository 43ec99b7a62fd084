"""Messages and enums as JSON Schema (2020-12, that of OpenAPI 3.1): protobuf's JSON mapping, and protovalidate's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from buf.validate import validate_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

from xacthuc.httpapi.contract import OWN, Enum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xacthuc.httpapi.contract import Field, Message

Schema: TypeAlias = dict[str, Any]

_INTEGERS: Final[dict[int, Schema]] = {
    Proto.TYPE_INT32: {"type": "integer", "format": "int32"},
    Proto.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    # protobuf writes 64 bits as a string, since JavaScript would lose some.
    Proto.TYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"},
    Proto.TYPE_UINT64: {"type": "string", "format": "int64", "pattern": "^[0-9]+$"},
}
_SCALARS: Final[dict[int, Schema]] = {
    **_INTEGERS,
    Proto.TYPE_STRING: {"type": "string"},
    Proto.TYPE_BOOL: {"type": "boolean"},
    Proto.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    Proto.TYPE_DOUBLE: {"type": "number"},
}
_CLASSES: Final = {
    r"\p{Cc}": r"\u0000-\u001f\u007f-\u009f",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_WELL_KNOWN: Final[dict[str, Schema]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time", "examples": ["2026-01-15T03:00:00Z"]},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$", "examples": ["60s"]},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["allowedActions,quietHours"]},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.type.Date": {
        "type": "object",
        "properties": {
            "year": {"type": "integer", "minimum": 0, "maximum": 9999},
            "month": {"type": "integer", "minimum": 0, "maximum": 12},
            "day": {"type": "integer", "minimum": 0, "maximum": 31},
        },
        "additionalProperties": False,
        "examples": [{"year": 1995, "month": 9, "day": 2}],
    },
    "google.type.TimeOfDay": {
        "type": "object",
        "properties": {
            "hours": {"type": "integer", "minimum": 0, "maximum": 23},
            "minutes": {"type": "integer", "minimum": 0, "maximum": 59},
            "seconds": {"type": "integer", "minimum": 0, "maximum": 59},
            "nanos": {"type": "integer", "minimum": 0, "maximum": 999999999},
        },
        "additionalProperties": False,
        "examples": [{"hours": 22}],
    },
}


def key_of(full_name: str) -> str:
    """Returns the name of a schema: `otp.v1.Challenge.State`."""
    return full_name.removeprefix(OWN)


def reference(full_name: str) -> Schema:
    """Returns what stands for a message or enum elsewhere."""
    if full_name in _WELL_KNOWN:
        return dict(_WELL_KNOWN[full_name])
    return {"$ref": f"#/components/schemas/{key_of(full_name)}"}


def schema(of: Message | Enum, *, asked: bool, without: Iterable[str] = ()) -> Schema:
    """Returns the schema of a message or an enum. `without` are fields, by JSON name, that stand elsewhere.

    What is `asked` of a caller has bounds, and no field but those named. Answers may come to hold more (AIP-180).
    """
    return _enum(of) if isinstance(of, Enum) else _message(of, frozenset(without), asked=asked)


def field_schema(field: Field, *, asked: bool = True) -> Schema:
    """Returns the schema of one field, with its comment."""
    rules = field.rules if asked else validate_pb2.FieldRules()
    found = _one(field, rules.repeated.items if field.repeated else rules)
    if field.repeated and not field.is_map:
        found = {"type": "array", "items": found}
        _put(found, rules.repeated, {"min_items": "minItems", "max_items": "maxItems"})
        if rules.repeated.unique:
            found["uniqueItems"] = True
    told = [field.comment, *_sentences(rules.cel), *_sentences(rules.repeated.items.cel)]
    return {**found, "description": "\n\n".join(filter(None, told))}


def _message(message: Message, without: frozenset[str], *, asked: bool) -> Schema:
    fields = [field for field in message.fields if field.name not in without]
    rules = message.proto.options.Extensions[validate_pb2.message]
    found: Schema = {
        "type": "object",
        "description": "\n\n".join(filter(None, [message.comment, *_sentences(rules.cel)])),
        "properties": {field.name: field_schema(field, asked=asked) for field in fields},
    }
    return {**found, **_asked(message, fields)} if asked else found


def _asked(message: Message, fields: list[Field]) -> Schema:
    found: Schema = {"additionalProperties": False}
    if required := [field.name for field in fields if field.required]:
        found["required"] = required
    if choices := [{"oneOf": [{"required": [field.name]} for field in choice]} for choice in message.choices]:
        found["allOf"] = choices
    return found


def _enum(enum: Enum) -> Schema:
    told = "\n".join(f"- `{name}`: {comment}" for name, comment in enum.values)
    return {"type": "string", "enum": [name for name, _ in enum.values], "description": f"{enum.comment}\n\n{told}"}


def _one(field: Field, rules: validate_pb2.FieldRules) -> Schema:
    """Returns the schema of one value of the field."""
    if field.is_map:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if field.type_name:
        return _bounded_enum(field, rules)
    found = dict(_SCALARS[field.proto.type])
    if field.proto.type == Proto.TYPE_STRING:
        _text(found, rules)
    elif field.proto.type in _INTEGERS:
        kind = getattr(rules, rules.WhichOneof("type") or "int32")
        _put(found, kind, {"gte": "minimum", "lte": "maximum"})
    elif rules.bool.HasField("const"):
        found["const"] = rules.bool.const
    return found


def _bounded_enum(field: Field, rules: validate_pb2.FieldRules) -> Schema:
    found = reference(field.type_name)
    if field.proto.type == Proto.TYPE_ENUM and 0 in rules.enum.not_in:
        # By its place and not by its name: every enum of the contracts calls its zero ..._UNSPECIFIED.
        return {"allOf": [found, {"not": {"type": "string", "pattern": "_UNSPECIFIED$"}}]}
    return found


def _text(found: Schema, rules: validate_pb2.FieldRules) -> None:
    text = rules.string
    _put(found, text, {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"})
    optional = rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
    if "pattern" in found:
        found["pattern"] = _portable(found["pattern"])
    if text.uuid:
        found["format"] = "uuid"
    if text.ip:
        found["anyOf"] = [{"format": "ipv4"}, {"format": "ipv6"}]
    if getattr(text, "in"):
        found["enum"] = list(getattr(text, "in"))
    if optional and len(found) > 1:
        bounds = {key: found.pop(key) for key in list(found) if key != "type"}
        found["anyOf"] = [{"const": ""}, bounds]


def _portable(pattern: str) -> str:
    """Spells out the classes of Unicode, of which few engines of regular expressions know the names."""
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    return pattern


def _put(found: Schema, rules: Any, names: dict[str, str]) -> None:
    for name, keyword in names.items():
        if rules.HasField(name):
            found[keyword] = getattr(rules, name)


def _sentences(rules: Iterable[validate_pb2.Rule]) -> Iterator[str]:
    """Yields what rules say that no schema can, as a sentence."""
    for rule in rules:
        yield f"{rule.message[:1].upper()}{rule.message[1:]}."
