"""The accounts that a legal hold stands on: whatever a service keeps of them is not destroyed when its time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.grpckit.errors import DeadlineExceeded, Unavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.sql.pairs import Pair

_AT_ONCE: Final = 1_000
_WITHIN: Final = timedelta(seconds=2)


class HeldAccounts:
    """Asks identity anew each time: a hold counts from its answer on."""

    def __init__(self, identity: ServiceChannel) -> None:
        """Takes the channel, which belongs to the assembly."""
        self._identity = identity
        self._list = internal_pb2_grpc.IdentityInternalStub(identity.channel).ListHeldAccounts

    async def __call__(self) -> frozenset[Pair]:
        """Returns them as platform and account. Unavailable or DeadlineExceeded while identity is away."""
        held, token = set[tuple[str, str]](), ""
        while True:
            request = internal_pb2.ListHeldAccountsRequest(page_size=_AT_ONCE, page_token=token)
            page = await self._identity.tell(self._list, request, within=_WITHIN)
            for name in page.accounts:
                _, platform, _, account = name.split("/")
                held.add((platform, account))
            if not (token := page.next_page_token):
                return frozenset(held)


async def unless_unknown(destroy: Callable[[], Awaitable[None]]) -> None:
    """Destroys what no hold keeps; nothing while nobody says what holds keep: it waits for the next time."""
    try:
        await destroy()
    except (Unavailable, DeadlineExceeded):
        get_logger().warning("holds_not_known")
