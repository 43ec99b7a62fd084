"""Partitions and digests: stable for life, spread evenly, and telling nothing without the key."""

from __future__ import annotations

import statistics
from collections import Counter

import pytest

from xacthuc.valkey.partition import KEY_BYTES, PARTITIONS, number_hash, partition_of, tag

KEY = bytes(range(KEY_BYTES))
NUMBERS = [f"+849{number:08d}" for number in range(0, 25_600_000, 1000)]


def test_a_number_keeps_its_partition_and_digest_for_life() -> None:
    # Written down once: a change of either would orphan every limit and challenge in the field.
    assert partition_of("+84912345678", KEY) == 156
    assert number_hash("+84912345678", KEY) == "D3QOnTAhwtUsUWROFcgxUg"


def test_partitions_fill_evenly() -> None:
    counts = Counter(partition_of(number, KEY) for number in NUMBERS)
    assert len(counts) == PARTITIONS
    # 100 a partition are expected; a fair hash deviates by 10 (binomial).
    assert 8 < statistics.pstdev(counts.values()) < 12


def test_another_key_gives_another_partition_and_digest() -> None:
    other = bytes(KEY_BYTES)
    moved = sum(partition_of(number, KEY) != partition_of(number, other) for number in NUMBERS[:1000])
    assert moved > 980
    assert number_hash("+84912345678", KEY) != number_hash("+84912345678", other)


def test_digests_do_not_collide_and_fit_key_names() -> None:
    digests = {number_hash(number, KEY) for number in NUMBERS}
    assert len(NUMBERS) == len(digests)
    assert all(len(digest) == 22 and digest.isascii() for digest in digests)


def test_the_partition_tells_nothing_of_the_digest() -> None:
    firsts = {number_hash(number, KEY)[0] for number in NUMBERS if partition_of(number, KEY) == 7}
    assert len(firsts) > 40


def test_tags_are_three_digits_in_braces() -> None:
    assert (tag(0), tag(7), tag(255)) == ("{p:000}", "{p:007}", "{p:255}")


@pytest.mark.parametrize("partition", [-1, 256])
def test_there_is_no_partition_beyond_the_256(partition: int) -> None:
    with pytest.raises(IndexError):
        tag(partition)
