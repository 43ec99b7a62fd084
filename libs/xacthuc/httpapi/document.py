"""The OpenAPI 3.1 document of the public services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.httpapi import errors
from xacthuc.httpapi.schemas import field_schema, key_of, reference, schema

if TYPE_CHECKING:
    from xacthuc.httpapi.contract import Contract, Operation
    from xacthuc.httpapi.schemas import Schema

_INFO: Final = """\
Account authentication under Vietnam's Decree 147/2024/NĐ-CP, as JSON over HTTP. The same methods are served over gRPC; \
names of fields are those of the contracts in lowerCamelCase.

The platform authenticates with its key. Every write takes a `requestId`, a UUID4: the same id gets the same answer, so a \
write whose answer was lost is sent again as it was. An expected "no" (a wrong code, an action that is not allowed) is an \
answer of 200, not an error. A request holds the fields that are described here and no other."""


def document(contract: Contract) -> Schema:
    """Returns the document."""
    paths: dict[str, Schema] = {}
    for operation in contract.operations:
        paths.setdefault(operation.path, {})[operation.verb] = _operation(operation, contract)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Xacthuc",
            "version": "v1",
            "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"platformKey": []}],
        "tags": [{"name": name, "description": told} for name, told in contract.services.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "platformKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A platform key as it was shown when it was created: `authorization: Bearer xt_live_...`.",
                }
            },
            "responses": errors.responses(),
            "schemas": _schemas(contract),
        },
    }


def _operation(operation: Operation, contract: Contract) -> Schema:
    answer = {"application/json": {"schema": reference(operation.response)}}
    found: Schema = {
        "operationId": f"{operation.service}.{operation.name}",
        "tags": [operation.service],
        "summary": operation.name,
        "description": operation.comment,
        "parameters": _parameters(operation, contract),
        "responses": {
            "200": {"description": _success(operation), "content": answer},
            **errors.references(),
        },
    }
    if operation.verb == "post":
        # In full and not by name: the field that the path holds is missing here, and only here.
        elsewhere = [operation.variable[0]] if operation.variable else []
        body = schema(contract.messages[operation.request], asked=True, without=elsewhere)
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _success(operation: Operation) -> str:
    if operation.streams:
        return "A stream that stays open: one JSON object a line, each as soon as there is something to tell."
    return "Done."


def _parameters(operation: Operation, contract: Contract) -> list[Schema]:
    found: list[Schema] = []
    for field in contract.messages[operation.request].fields:
        of = field_schema(field)
        told = of.pop("description")
        if operation.variable and field.proto.name == operation.variable[0]:
            collection = operation.variable[1]
            of["pattern"] = of["pattern"].replace(f"^{collection}/", "^")
            name = collection.removesuffix("s")
            found.append({"name": name, "in": "path", "required": True, "description": told, "schema": of})
        elif operation.verb == "get":
            found.append({"name": field.name, "in": "query", "description": told, "schema": of})
    return found


def _schemas(contract: Contract) -> Schema:
    """Returns what bodies and answers are made of."""
    requests = {operation.request for operation in contract.operations}
    parts = [field.type_name for name in requests for field in contract.messages[name].fields]
    asked = {each.name for each in contract.reach(*parts)}
    told = contract.reach(*parts, *(operation.response for operation in contract.operations))
    found = {key_of(each.name): schema(each, asked=each.name in asked) for each in told}
    return {**dict(sorted(found.items())), **errors.schemas()}
