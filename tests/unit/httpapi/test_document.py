"""The OpenAPI document says of the public contracts what the descriptors do, and the page shows all of it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from contracts import DESCRIPTORS, HTTP, is_public, services

from xacthuc.httpapi import contract, fields
from xacthuc.httpapi.document import document
from xacthuc.httpapi.page import page

CONTRACT = contract.read(DESCRIPTORS.read_bytes())
DOCUMENT = document(CONTRACT)
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [operation for verbs in DOCUMENT["paths"].values() for operation in verbs.values()]


def body_of(operation_id: str) -> dict[str, Any]:
    [operation] = [each for each in OPERATIONS if each["operationId"] == operation_id]
    return operation["requestBody"]["content"]["application/json"]["schema"]


def test_every_public_method_is_described_and_no_other() -> None:
    public = {
        f"{service.name}.{method.name}" for service in services() if is_public(service) for method in service.methods
    }

    assert {operation["operationId"] for operation in OPERATIONS} == public


def test_paths_are_those_of_the_annotations() -> None:
    annotated = set()
    for service in services():
        for method in service.methods if is_public(service) else ():
            rule = method.GetOptions().Extensions[HTTP]
            annotated.add(re.sub(r"\{\w+=(\w+)/\*\}", r"\1/*", rule.get or rule.post))

    assert {re.sub(r"\{\w+\}", "*", path) for path in DOCUMENT["paths"]} == annotated


@pytest.mark.rule("R11")
def test_a_request_holds_its_fields_and_no_other() -> None:
    bodies = [body_of(operation["operationId"]) for operation in OPERATIONS if "requestBody" in operation]

    assert [body for body in bodies if body["additionalProperties"] is not False] == []


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))

    assert named - set(SCHEMAS) == set()


def test_everything_is_explained() -> None:
    silent = [operation["operationId"] for operation in OPERATIONS if not operation["description"]]
    silent += [name for name, schema in SCHEMAS.items() if not schema.get("description")]
    silent += [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        if "." in name
        for field, of in schema.get("properties", {}).items()
        if not of["description"]
    ]

    assert silent == []


def test_bounds_of_fields_are_those_of_the_rules() -> None:
    start = body_of("OtpService.StartChallenge")

    assert start["required"] == ["phoneNumber", "purpose", "subject", "requestId"]
    number, request_id = start["properties"]["phoneNumber"], start["properties"]["requestId"]
    assert (number["minLength"], number["maxLength"]) == (1, 64)
    assert request_id["format"] == "uuid"
    assert start["properties"]["subject"]["pattern"] == "^(accounts|links)/[A-Za-z0-9_.~-]{1,64}$"
    checks = body_of("IdentityService.BatchCheckActions")["properties"]["checks"]
    assert (checks["minItems"], checks["maxItems"]) == (1, 500)


def test_the_field_that_the_path_holds_is_asked_for_where_there_is_no_such_path() -> None:
    one, many = body_of("IdentityService.CheckAction"), SCHEMAS["identity.v1.CheckActionRequest"]

    assert (set(one["properties"]), set(many["properties"])) == ({"action"}, {"name", "action"})


def test_what_a_schema_cannot_say_is_said_in_words() -> None:
    subject = body_of("OtpService.StartChallenge")["properties"]["subject"]["description"]
    correction = body_of("IdentityService.CorrectAccount")["description"]

    assert "Must not look like a phone number" in subject
    assert "Must name what to correct" in correction


def test_one_of_several_is_asked_for_where_the_contract_asks() -> None:
    choice = body_of("IdentityService.VerifyPersonalId")["allOf"]

    assert [{each["required"][0] for each in one["oneOf"]} for one in choice] == [{"noMobile", "commerce"}]


def test_answers_may_come_to_hold_more() -> None:
    """AIP-180: a new field of an answer breaks nobody, so no description may say that there will be none."""
    assert "additionalProperties" not in SCHEMAS["otp.v1.CheckCodeResponse"]


def test_every_operation_tells_what_an_error_looks_like() -> None:
    for operation in OPERATIONS:
        assert {"400", "401", "403", "404", "409", "429", "503"} <= set(operation["responses"])
    details = SCHEMAS["Status"]["properties"]["details"]["items"]["anyOf"]
    assert {each["$ref"].rpartition("/")[2] for each in details} == {
        "ErrorInfo",
        "BadRequest",
        "RetryInfo",
        "LocalizedMessage",
    }


def test_the_platform_key_is_the_security_scheme() -> None:
    assert DOCUMENT["security"] == [{"platformKey": []}]
    assert DOCUMENT["components"]["securitySchemes"]["platformKey"]["scheme"] == "bearer"


def test_the_edge_knows_every_request_by_its_path() -> None:
    found = re.findall(r'\["(/[^"]+)"\] = \{([^}]*)\}', fields.lua(CONTRACT))
    methods = {(path, verb) for path, verbs in found for verb in re.findall(r'"([A-Z]+)"', verbs)}

    assert methods == {(operation.pattern, operation.verb.upper()) for operation in CONTRACT.operations}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places |= {str(given["id"])} if "id" in given else set()
        self.links |= {str(given[name]) for name in ("href", "src") if name in given}
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_nobody_for_anything() -> None:
    text = page(DOCUMENT)
    read = _Links()
    read.feed(text)

    assert read.open == []
    assert {link for link in read.links if not link.startswith("#")} == {"/openapi.json"}
    assert {link.removeprefix("#") for link in read.links if link.startswith("#")} <= read.places
    assert {operation["operationId"] for operation in OPERATIONS} <= read.places
    assert "<script" not in text
