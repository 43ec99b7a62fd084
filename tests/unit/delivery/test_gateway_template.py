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
