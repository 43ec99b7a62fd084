"""The contracts are the documentation of the API: nothing in them is without a word, and the words are true."""

import pytest
from contracts import FIELD_BEHAVIOR, elements, files, of_kind
from google.api import field_behavior_pb2

LABELS = {
    field_behavior_pb2.REQUIRED: "Required.",
    field_behavior_pb2.OPTIONAL: "Optional.",
    field_behavior_pb2.OUTPUT_ONLY: "Output only.",
    field_behavior_pb2.IDENTIFIER: "Identifier.",
}
"""AIP-203: the annotation is for tools, the same word at the head of the comment is for people."""


def test_the_descriptor_set_holds_the_contracts_with_their_comments():
    assert {file.package for file in files()} == {
        f"xacthuc.api.{service}.v1" for service in ("otp", "identity", "guardian", "livestream", "backfill")
    }


@pytest.mark.parametrize("kind", ["service", "method", "message", "field", "enum", "value"])
def test_every_element_says_what_it_is_in_whole_sentences(kind):
    silent = [element.name for element in of_kind(kind) if not element.comment.endswith(".")]

    assert silent == []


def test_a_field_has_exactly_one_behaviour():
    undecided = [field.name for field in of_kind("field") if len(field.proto.options.Extensions[FIELD_BEHAVIOR]) != 1]

    assert undecided == []


def test_the_first_word_about_a_field_is_its_behaviour():
    contradictions = [
        field.name
        for field in of_kind("field")
        for behavior in field.proto.options.Extensions[FIELD_BEHAVIOR]
        if not field.comment.startswith(LABELS[behavior])
    ]

    assert contradictions == []


def test_an_enum_says_whether_values_may_be_added():
    """AIP-126 and AIP-216: a client must know whether to be ready for values it has never heard of."""
    vague = [enum.name for enum in of_kind("enum") if "values" not in enum.comment]

    assert vague == []


def test_no_comment_tells_of_plans():
    unfinished = [
        element.name for element in elements() if {"TO" + "DO", "FIX" + "ME", "TBD"} & set(element.comment.split())
    ]

    assert unfinished == []
