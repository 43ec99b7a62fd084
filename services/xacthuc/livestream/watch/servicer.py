"""Tells media edges what must not go on."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from xacthuc.livestream.usecases.revocations import watch_revocations
from xacthuc.livestream.wire.revocation_messages import renderer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.api.livestream.v1 import service_pb2 as pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.endpoint import Serialized
    from xacthuc.livestream.ports.revocations import Revocations


class WatchServicer:
    """Serves the media edges of platforms, on the public port."""

    def __init__(self, revocations: Revocations) -> None:
        """Takes the record of what must not go on."""
        self._revocations = revocations
        self._batch = renderer()

    async def WatchRevocations(self, request: pb2.WatchRevocationsRequest, call: Call) -> AsyncGenerator[Serialized]:
        async with aclosing(watch_revocations(self._revocations, call.platform, request.cursor)) as batches:
            async for batch in batches:
                yield self._batch(batch, await self._revocations.spelled(batch.position))
