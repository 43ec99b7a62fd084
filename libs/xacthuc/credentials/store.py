"""Where records travel: one hash in the state store for each kind, one channel that says it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

GENERATION: Final = b"#"
"""Field of a hash that is another one after every change; no id contains `#`."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the records of one kind lie. A hash is one slot of a Cluster."""

    records: bytes
    """Hash of signed records by id, and of the generation under the name `GENERATION`."""
    changed: str
    """Channel on which a change is announced."""


KEYS: Final = Shelf(b"keys", "keys")
"""Of platform keys."""

SESSIONS: Final = Shelf(b"staff", "staff")
"""Of the staff's sessions."""


USED: Final = b"staff:used"
"""Hash of the times when sessions were last used, in milliseconds since the Unix epoch, by their ids."""


class KeyStore(Protocol):
    """What replicas and publishers need of the state store; `xacthuc.valkey.store.Store` is one."""

    def execute(self, *command: bytes | str | int, key: bytes | str | None = None) -> Awaitable[Any]:
        """Runs one command at the server of `key` (by default the second word); raises StoreError when it cannot."""
        ...

    def listen(self, *channels: str) -> AsyncGenerator[object, None]:
        """Yields an item per message, and one after each connection, before which messages may have been missed."""
        ...
