"""The challenge id: what it carries, and that nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.otp.domain import challenge_id


@given(st.integers(0, 255), st.integers(0, 255), st.binary(min_size=16, max_size=16))
def test_an_id_carries_its_partition_and_key_version_in_24_url_safe_characters(
    partition: int, version: int, randomness: bytes
) -> None:
    made = challenge_id.make(partition, version, randomness)
    read = challenge_id.parse(made.text)
    assert (read.partition, read.key_version, read.raw) == (partition, version, made.raw)
    assert len(made.text) == 24
    assert set(made.text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=30))
def test_whatever_is_read_as_an_id_is_spelled_exactly_so(text: str) -> None:
    try:
        read = challenge_id.parse(text)
    except ValueError:
        return
    assert challenge_id.make(read.partition, read.key_version, read.raw[2:]).text == text


def test_an_id_takes_exactly_sixteen_random_bytes() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        challenge_id.make(0, 1, b"short")
