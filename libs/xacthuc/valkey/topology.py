"""Which server a key belongs to: always the same one, or the one that a Cluster's map of slots names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xacthuc.valkey.node import Limits, Node
from xacthuc.valkey.refusal import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.valkey.redispy import Address


class Topology(Protocol):
    """The servers behind one URL."""

    async def open(self) -> None:
        """Connects to every server; StoreUnavailable when one that is needed cannot be reached."""
        ...

    async def close(self) -> None:
        """Closes every connection."""
        ...

    def node_of(self, key: bytes | str) -> Node:
        """Returns the server that `key` lives on."""
        ...

    def slot_of(self, key: bytes | str) -> int:
        """Returns the hash slot of `key`; keys of one slot may be given to one script."""
        ...

    def nodes(self) -> Sequence[Node]:
        """Returns the servers that take writes."""
        ...


class SingleServer:
    """One server: every key is there, and every set of keys may be given to one script."""

    def __init__(self, address: Address, limits: Limits) -> None:
        """Connects nothing yet."""
        self._node = Node(
            address,
            limits,
            on_error=lambda node, call, message: settle(self, node, call, message),
            on_lost=lambda _node: None,
        )

    async def open(self) -> None:
        """Connects to the server; StoreUnavailable when it cannot be reached."""
        await self._node.connect()

    async def close(self) -> None:
        """Closes the connection."""
        await self._node.close()

    def node_of(self, _key: bytes | str) -> Node:
        """Returns the one server."""
        return self._node

    def slot_of(self, _key: bytes | str) -> int:
        """Returns 0: there is one slot only."""
        return 0

    def nodes(self) -> Sequence[Node]:
        """Returns the one server."""
        return (self._node,)

    def redirected(self, _detail: str, *, moved: bool) -> Node | None:
        """Returns None: a member of a Cluster was given as if it were alone, which stays an error."""
        del moved
        return None

    def suspect(self) -> None:
        """Does nothing: there is no map."""
