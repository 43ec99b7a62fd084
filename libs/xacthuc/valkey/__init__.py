"""Owns the way to Valkey or Redis: one coalescing connection per server, scripts, channels, and the partitions of numbers.

Does not own any key, script or rule: those belong to whoever runs them through a `Store`.
"""

from xacthuc import lean

with lean.without("opentelemetry.sdk.metrics"):  # for redis-py's own metrics, which are not switched on here
    import redis  # noqa: F401 - before any module of this package does

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
