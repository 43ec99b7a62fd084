"""Which partitions each live worker holds. Every worker computes the same answer from the same list of workers."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def share(worker: str, workers: Collection[str], partitions: int) -> frozenset[int]:
    """Returns the partitions of `worker` among `workers`: an even share, of which few move when a worker comes or goes.

    Each partition goes to the worker it rates highest (rendezvous hashing, Thaler and Ravishankar 1998) that still has
    room; an even share has room for one partition in as many as there are workers, rounded up.
    """
    if worker not in workers:
        return frozenset()
    room = dict.fromkeys(workers, -(-partitions // len(workers)))
    mine: set[int] = set()
    for partition in range(partitions):
        chosen = max((w for w, left in room.items() if left), key=lambda w: (_rating(w, partition), w))
        room[chosen] -= 1
        if chosen == worker:
            mine.add(partition)
    return frozenset(mine)


def _rating(worker: str, partition: int) -> bytes:
    return blake2b(f"{worker}\0{partition}".encode(), digest_size=8).digest()
