"""Which shapes and names are masked, and which ordinary things are not."""

import pytest

from xacthuc.telemetry.redaction import MASK, redact, redact_event, redact_text

PERSONAL = [
    "0912345678",
    "+84 912 345 678",
    "(+84)912345678",
    "01651234567",
    "024.3825.1234",
    "001203004567",
    "024123456",
    "xt_live_" + "Ab1-" * 10 + "xyz",
    "Bearer abc.def-ghi",
    "a" * 24 + "." + "b" * 43,
    "nguyen.van.a@example.com.vn",
]
HARMLESS = [
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "2026-11-23T03:00:00.000000+00:00",
    "127.0.0.1:7411",
    "xacthuc.api.otp.v1.OtpService/CheckCode",
    "0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
    "took 1234567 us",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_a_personal_or_secret_shape_is_masked(text):
    assert text not in redact_text(f"cannot store '{text}' twice")


@pytest.mark.parametrize("text", HARMLESS)
def test_an_ordinary_value_is_left_alone(text):
    assert redact_text(text) == text


def test_a_value_under_a_personal_name_is_masked_whatever_it_is():
    event = redact_event(None, "info", {"event": "x", "full_name": "An", "nested": {"code": "123456"}})

    assert event == {"event": "x", "full_name": MASK, "nested": {"code": MASK}}


def test_values_are_masked_at_any_depth():
    assert redact([{"a": ("0912345678", 1, None, 2.5, True)}]) == [{"a": [MASK, 1, None, 2.5, True]}]


def test_an_object_is_masked_in_its_text():
    class Thing:
        def __str__(self):
            return "number 0912345678"

    assert redact(Thing()) == f"number {MASK}"
