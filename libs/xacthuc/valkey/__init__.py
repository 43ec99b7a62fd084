"""Owns the way to Valkey or Redis: one coalescing connection per server, scripts, channels, and the partitions of numbers.

Does not own any key, script or rule: those belong to whoever runs them through a `Store`.
"""

from xacthuc import lean

with lean.without("opentelemetry.metrics", "opentelemetry.sdk.metrics"):  # its own metrics are not switched on here
    # Of redis-py the connections alone: its packages bring all commands of all clients along.
    lean.by_module("redis", "redis.asyncio")
    import redis.asyncio.connection  # noqa: F401 - before any module of this package does

from xacthuc.valkey.errors import ReplyError, ScriptError, StoreError, StoreUnavailable
from xacthuc.valkey.script import PRELUDE, Script
from xacthuc.valkey.store import Store
from xacthuc.valkey.subscription import RECONNECTED, Message

__all__ = [
    "PRELUDE",
    "RECONNECTED",
    "Message",
    "ReplyError",
    "Script",
    "ScriptError",
    "Store",
    "StoreError",
    "StoreUnavailable",
]
