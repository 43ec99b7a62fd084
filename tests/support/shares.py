"""What one service tells of one account, asked as the command line asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio

from xacthuc.api.identity.v1 import share_admin_pb2, share_admin_pb2_grpc

_CALL_SECONDS = 30
_TRIES = 5


@dataclass(frozen=True)
class Told:
    """A share: as JSON, and as a part of the page."""

    document: dict[str, Any]
    page: str

    def rows(self, section: str) -> list[dict[str, Any]]:
        """Returns the rows of a section."""
        return list(self.document["sections"][section]["rows"])

    @property
    def empty(self) -> bool:
        """Whether nothing is held, but who read that."""
        return all(section["total"] == 0 for name, section in self.document["sections"].items() if name != "audit")


async def share(channel: grpc.aio.Channel, platform: str, account: str, request_id: str = "") -> Told:
    """Asks the service behind an internal channel."""
    request = share_admin_pb2.ExportShareRequest(
        name=f"platforms/{platform}/accounts/{account}", request_id=request_id or str(uuid4())
    )
    stub = share_admin_pb2_grpc.ShareAdminStub(channel)
    for tries in range(_TRIES):
        try:
            answer = await stub.ExportShare(request, timeout=_CALL_SECONDS)
            return Told(json.loads(answer.json), answer.html)
        except grpc.aio.AioRpcError as error:
            # A machine that stood still: nothing was committed, and so nothing audited.
            if error.code() is not grpc.StatusCode.UNAVAILABLE or tries == _TRIES - 1:
                raise
    raise AssertionError
