"""What every method may answer instead: `google.rpc.Status` as JSON, with the details of docs/errors.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xacthuc.httpapi.schemas import Schema

ANSWERS: Final = {
    "400": "The request is wrong (`INVALID_ARGUMENT`, every faulty field in `BadRequest`), the state does not allow it "
    "(`FAILED_PRECONDITION`), or a cursor is out of range (`OUT_OF_RANGE`).",
    "401": "No usable platform key came with the call (`UNAUTHENTICATED`).",
    "403": "The platform key may not do this (`PERMISSION_DENIED`).",
    "404": "What is named does not exist for this platform, or no method has this path (`NOT_FOUND`).",
    "405": "The path is called by another verb, which `allow` names.",
    "409": "It exists already, or the `requestId` came before with a different payload (`ALREADY_EXISTS`).",
    "413": "The body has more than 128 KiB.",
    "415": "The body is not `application/json` in UTF-8, or is compressed.",
    "429": "A limit refused (`RESOURCE_EXHAUSTED`); `RetryInfo` says when to try again, where a time is known.",
    "500": "A defect of the service (`INTERNAL`), or damaged data (`DATA_LOSS`). Report the `trace_id`.",
    "501": "The method is not served here (`UNIMPLEMENTED`).",
    "503": "Something needed is down for now (`UNAVAILABLE`): send the same request again.",
    "504": "It took too long; the outcome is unknown (`DEADLINE_EXCEEDED`). Send the same `requestId` again to learn it.",
}
"""By the status of HTTP, what each means."""


def references() -> Schema:
    """Returns what stands for the answers at every operation."""
    return {status: {"$ref": f"#/components/responses/{status}"} for status in ANSWERS}


def responses() -> Schema:
    """Returns the answers themselves."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
    return {status: {"description": told, "content": content} for status, told in ANSWERS.items()}


def schemas() -> Schema:
    """Returns the schemas of a status and of its details."""
    texts = {"type": "string"}
    details: dict[str, Schema] = {
        "ErrorInfo": {"reason": texts, "domain": texts, "metadata": {"type": "object", "additionalProperties": texts}},
        "BadRequest": {"fieldViolations": {"type": "array", "items": {"$ref": "#/components/schemas/FieldViolation"}}},
        "RetryInfo": {"retryDelay": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,9})?s$"}},
        "LocalizedMessage": {"locale": texts, "message": texts},
    }
    told = {
        "ErrorInfo": "Always there once. Decide by `reason`; quote `metadata.trace_id`. The domain is `xacthuc`, or "
        "`edge.xacthuc` when the edge refused before a service was asked.",
        "BadRequest": "Every faulty field of the request.",
        "RetryInfo": "How long to wait before the same request is worth sending again.",
        "LocalizedMessage": "A sentence for the person, in Vietnamese, or in English with `accept-language: en`.",
    }
    found = {name: _detail(name, fields, told[name]) for name, fields in details.items()}
    found["FieldViolation"] = {
        "type": "object",
        "description": "One faulty field: its path, what it must be, and a reason that a program can read.",
        "properties": {
            "field": texts,
            "description": texts,
            "reason": texts,
            "localizedMessage": {"type": "object", "properties": {"locale": texts, "message": texts}},
        },
        "required": ["field", "description"],
    }
    found["Status"] = {
        "type": "object",
        "description": "Why a call failed: `google.rpc.Status`.",
        "properties": {
            "code": {"type": "integer", "description": "Of `google.rpc.Code`: 3 is INVALID_ARGUMENT."},
            "message": {"type": "string", "description": "For developers, in English; may change."},
            "details": {
                "type": "array",
                "items": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in details]},
            },
        },
        "required": ["code", "message"],
    }
    return found


def _detail(name: str, fields: Schema, told: str) -> Schema:
    kind = {"const": f"type.googleapis.com/google.rpc.{name}"}
    return {
        "type": "object",
        "description": told,
        "properties": {"@type": kind, **fields},
        "required": ["@type"],
    }
