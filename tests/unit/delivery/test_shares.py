"""How partitions are divided."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.domain.shares import share

NAMES = [f"worker-{number}" for number in range(7)]


@pytest.mark.parametrize("count", range(1, 8))
def test_every_partition_has_exactly_one_worker(count: int) -> None:
    workers = NAMES[:count]
    held = [partition for worker in workers for partition in share(worker, workers, 256)]
    assert sorted(held) == list(range(256))


@pytest.mark.parametrize("count", range(1, 8))
def test_no_worker_has_more_than_an_even_share(count: int) -> None:
    workers = NAMES[:count]
    assert max(len(share(worker, workers, 256)) for worker in workers) <= -(-256 // count)


def test_most_partitions_stay_where_they_are_when_a_worker_leaves() -> None:
    before = {p: w for w in NAMES[:4] for p in share(w, NAMES[:4], 256)}
    after = {p: w for w in NAMES[:3] for p in share(w, NAMES[:3], 256)}
    stayed = sum(before[partition] == after[partition] for partition in range(256))
    assert stayed >= 160


def test_a_worker_that_is_not_on_the_list_holds_nothing() -> None:
    assert share("stranger", NAMES, 256) == frozenset()
