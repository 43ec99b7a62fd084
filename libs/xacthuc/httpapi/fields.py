"""The fields that requests have, as tables in Lua for the edge, whose transcoder would drop what it does not know (R11).

    METHODS["/v1/challenges/*:checkCode"] = {POST = "otp.v1.CheckCodeRequest"}      -- "" for a GET, which has no body
    TYPES["otp.v1.CheckCodeRequest"].code = {"s"}        -- also by the name that the contract spells
    ENUMS["otp.v1.Challenge.Purpose"] = {ACCOUNT_VERIFICATION=true, ...}

A field is `{kind, type, list}`; kinds are `s` for what JSON writes as a string, `n` number, `b` boolean, `e` enum, `m`
message. `services/xacthuc/edge/strict.lua` reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

from xacthuc.httpapi.contract import OWN, Enum
from xacthuc.httpapi.schemas import key_of, reference

if TYPE_CHECKING:
    from xacthuc.httpapi.contract import Contract, Field

_KINDS: Final = {Proto.TYPE_STRING: "s", Proto.TYPE_BYTES: "s", Proto.TYPE_BOOL: "b"}


def lua(contract: Contract) -> str:
    """Returns the tables of every path, and of every request that has a body."""
    posts = [operation for operation in contract.operations if operation.verb == "post"]
    types: dict[str, dict[str, str]] = {}
    enums: dict[str, dict[str, str]] = {}
    for each in contract.reach(*(operation.request for operation in posts)):
        if isinstance(each, Enum):
            enums[key_of(each.name)] = {name: "true" for name, _ in each.values}
            continue
        own = types[key_of(each.name)] = {}
        for field in each.fields:
            own[field.proto.name] = own[field.name] = _field(field)
            if field.is_message and not field.type_name.startswith(OWN) and _is_object(reference(field.type_name)):
                types[field.type_name] = dict.fromkeys(reference(field.type_name).get("properties", {}), '{"n"}')
    methods: dict[str, dict[str, str]] = {}
    for operation in contract.operations:
        body = key_of(operation.request) if operation.verb == "post" else ""
        methods.setdefault(operation.pattern, {})[operation.verb.upper()] = f'"{body}"'
    tables = {"METHODS": methods, "TYPES": types, "ENUMS": enums}
    return "".join(
        f"local {name} = {_table({key: _table(value) for key, value in table.items()})}\n"
        for name, table in tables.items()
    )


def _field(field: Field) -> str:
    repeated = ", true" if field.repeated else ""
    if field.proto.type == Proto.TYPE_ENUM:
        return f'{{"e", "{key_of(field.type_name)}"{repeated}}}'
    if not field.is_message:
        return f'{{"{_KINDS.get(field.proto.type, "n")}", false{repeated}}}'
    if field.type_name.startswith(OWN) or _is_object(reference(field.type_name)):
        return f'{{"m", "{key_of(field.type_name)}"{repeated}}}'
    return f'{{"s", false{repeated}}}'


def _is_object(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object"


def _table(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f'["{key}"] = {value}' for key, value in entries.items()) + "}"
