"""The tree of errors: one status per class, one class per reason, nothing that could leak."""

import ast
import inspect
from datetime import timedelta

import grpc
import pytest

from xacthuc.grpckit import errors
from xacthuc.grpckit.errors import FieldFault, Internal, InvalidRequest, NotFound, Unavailable, XacthucError
from xacthuc.grpckit.reasons import STATUS_OF, Reason
from xacthuc.grpckit.sentences import SENTENCES

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, XacthucError) and kind is not XacthucError
]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_status_that_some_class_sends(reason):
    assert STATUS_OF[reason] in {kind.status for kind in CLASSES}


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_spelled_as_it_is_named(reason):
    assert reason.value == reason.name


def test_a_reason_of_another_status_is_refused():
    with pytest.raises(TypeError, match="CREDENTIALS_MISSING is sent as UNAUTHENTICATED, not by NotFound"):
        NotFound(Reason.CREDENTIALS_MISSING, "x")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_is_drawn_in_the_tree(kind):
    tree = ast.get_docstring(ast.parse(inspect.getsource(errors)))

    assert f" {kind.__name__} " in f"{tree} "


def test_an_invalid_request_says_each_fault_in_its_message():
    error = InvalidRequest(FieldFault("code", "must be six digits"), FieldFault("name", "is required"))

    assert str(error) == "code: must be six digits; name: is required"


def test_unavailable_always_says_when_to_come_back():
    assert Unavailable(Reason.STORE_UNAVAILABLE, "down").retry_after == timedelta(seconds=1)


def test_internal_has_one_fixed_sentence():
    assert str(Internal()) == str(Internal())
    assert Internal().status is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_what_a_person_is_told_is_a_sentence_in_both_languages(sentence):
    assert sentence.vietnamese.endswith(".")
    assert sentence.english.endswith(".")
    assert not sentence.vietnamese.isascii()
