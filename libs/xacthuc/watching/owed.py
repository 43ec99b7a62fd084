"""The erasures that identity waits for a service to acknowledge: what it catches up with when it lost events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.grpckit.channels import ServiceChannel

_AT_ONCE: Final = 500
_WITHIN: Final = timedelta(seconds=2)


async def owed_erasures(identity: ServiceChannel) -> AsyncGenerator[Sequence[internal_pb2.OwedErasure]]:
    """Yields them page by page, oldest first."""
    method, token = internal_pb2_grpc.IdentityInternalStub(identity.channel).ListOwedErasures, ""
    while True:
        request = internal_pb2.ListOwedErasuresRequest(page_size=_AT_ONCE, page_token=token)
        page = await identity.tell(method, request, within=_WITHIN)
        if page.erasures:
            yield page.erasures
        token = page.next_page_token
        if not token:
            return
