"""Where records travel: one hash in the state store, one channel that says it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

RECORDS: Final = b"keys"
"""Hash of signed records by key id, and of the generation under the name `GENERATION`. One slot of a Cluster."""

GENERATION: Final = b"#"
"""Field that is another one after every change; no key id contains `#`."""

CHANGED: Final = "keys"
"""Channel on which a change is announced."""


class KeyStore(Protocol):
    """What the directory and the publisher need of the state store; `xacthuc.valkey.store.Store` is one."""

    def execute(self, *command: bytes | str | int, key: bytes | str | None = None) -> Awaitable[Any]:
        """Runs one command at the server of `key` (by default the second word); raises StoreError when it cannot."""
        ...

    def listen(self, *channels: str) -> AsyncGenerator[object, None]:
        """Yields an item per message, and one after each connection, before which messages may have been missed."""
        ...
