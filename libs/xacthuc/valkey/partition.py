"""Which partition a number belongs to, and how a number appears in key names.

256 partitions, fixed for life: everything of one number lives in the slot of its partition's tag, so one script sees all
of it. The key of the hash is never rotated, because a number that changed its partition would leave its limits behind.
Ten thousand million possible numbers are quickly enumerated, so a plain hash would be as good as the number itself:
hence a keyed one, and a key that lives in a file and not in the store.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b

PARTITIONS = 256
"""How many partitions there are. Not a setting: changing it loses every limit and every challenge."""

KEY_BYTES = 32
"""Length of the partition key."""

_DIGEST_BYTES = 16
_TAGS = tuple(f"{{p:{partition:03d}}}" for partition in range(PARTITIONS))


def partition_of(number: str, key: bytes) -> int:
    """Returns the partition, 0 to 255, of a `number` in E.164 form."""
    return blake2b(number.encode(), digest_size=1, key=key, person=b"xacthuc-part").digest()[0]


def number_hash(number: str, key: bytes) -> str:
    """Returns what stands for a `number` in E.164 form in key names: 22 characters of URL-safe base64, 128 bits."""
    digest = blake2b(number.encode(), digest_size=_DIGEST_BYTES, key=key, person=b"xacthuc-number").digest()
    return urlsafe_b64encode(digest)[:-2].decode()


def tag(partition: int) -> str:
    """Returns the hash tag of a `partition`, such as `"{p:007}"`; IndexError outside 0 to 255."""
    if partition < 0:
        raise IndexError("partitions count from 0")
    return _TAGS[partition]
