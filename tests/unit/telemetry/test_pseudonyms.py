"""Identifiers in telemetry: recognisable, not recoverable."""

import pytest

from xacthuc.ids import encode
from xacthuc.telemetry.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(bytes(32)), Pseudonyms(bytes([1]) * 32)


def test_the_same_identifier_has_the_same_pseudonym():
    assert ONE.of("account", "u1") == Pseudonyms(bytes(32)).of("account", "u1")


def test_equal_values_of_two_kinds_have_different_pseudonyms():
    assert ONE.of("account", "u1") != ONE.of("device", "u1")


def test_another_key_gives_other_pseudonyms():
    assert ONE.of("account", "u1") != OTHER.of("account", "u1")


def test_a_pseudonym_is_sixteen_hex_digits():
    assert len(bytes.fromhex(ONE.of("account", "0912345678"))) == 8


def test_the_key_is_read_from_one_line_of_base64(tmp_path):
    (tmp_path / "telemetry.key").write_text(encode(bytes(32)) + "\n")

    assert Pseudonyms.from_file(tmp_path / "telemetry.key").of("a", "b") == ONE.of("a", "b")


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(key):
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonyms(key)


def test_the_key_is_not_shown():
    assert repr(ONE) == "Pseudonyms(key=***)"
