"""Placeholders are filled in and nothing else is."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.adapters.gateway_template import at, fill


def test_placeholders_are_filled_at_any_depth() -> None:
    template = {"to": "{to}", "list": [{"text": "<{text}>"}], "number": 3, "flag": True}
    assert fill(template, {"to": "84912", "text": "hello"}) == {
        "to": "84912", "list": [{"text": "<hello>"}], "number": 3, "flag": True,
    }  # fmt: skip


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert fill("{text}", {"text": "{secret.key}", "secret.key": "x"}) == "{secret.key}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("code", "100"),
        ("data.0.id", "m1"),
        ("ok", "true"),
        ("data.1.id", None),
        ("data.x", None),
        ("data", None),
        ("code.deeper", None),
    ],
)
def test_a_path_leads_to_a_plain_value_or_to_nothing(path: str, value: str | None) -> None:
    assert at({"code": 100, "ok": True, "data": [{"id": "m1"}]}, path) == value


@pytest.mark.parametrize("number", [2**53, 2**80, -(2**60), 1e300])
def test_a_number_too_long_to_be_told_from_its_neighbours_is_no_id(number: float) -> None:
    assert at({"id": float(number)}, "id") is None
    assert at({"id": 12345.0}, "id") == "12345.0"


def test_digits_in_the_name_of_a_secret_are_part_of_it() -> None:
    assert fill("{secret.key2}", {"secret.key2": "x"}) == "x"
