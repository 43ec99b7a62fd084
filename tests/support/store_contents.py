"""Everything a store holds, as bytes to search in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xacthuc.embedded import Valkey


def store_contents(server: Valkey) -> Iterator[tuple[str, bytes]]:
    """Yields each key, whatever kind it is of, with its name and what it holds."""
    with redis.Redis.from_url(server.url) as store:
        readers: dict[bytes, Callable[[bytes], object]] = {
            b"hash": store.hgetall,
            b"list": lambda key: store.lrange(key, 0, -1),
            b"set": store.smembers,
            b"stream": store.xrange,
            b"string": store.get,
            b"zset": lambda key: store.zrange(key, 0, -1),
        }
        for key in store.scan_iter(count=1000):
            kind = store.type(key)
            if kind != b"none":  # none: its life ended since it was found
                value = readers[kind](key)
                yield f"key {key!r}", key + b" " + repr(value).encode() + b" " + flat(value)


def flat(value: object) -> bytes:
    """All bytes of a reply, so that nothing hides behind an escape of its repr."""
    if isinstance(value, bytes):
        return value + b" "
    if isinstance(value, dict):
        return b"".join(flat(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple, set)):
        return b"".join(flat(part) for part in value)
    return b""
