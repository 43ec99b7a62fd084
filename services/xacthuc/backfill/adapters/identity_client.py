"""The identity service, over its internal port."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.backfill.domain.holders import Holder
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reading import timestamp

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from xacthuc.grpckit.channels import ServiceChannel

_CHILDREN: Final = frozenset({internal_pb2.Holder.BELOW_ASSENT, internal_pb2.Holder.BELOW_INDEPENDENCE})
_WITHIN: Final = timedelta(seconds=2)
"""Nobody waits for it."""


class IdentityClient:
    """The ports `Holders` and `Reminders`, and what is said of erasures."""

    def __init__(self, identity: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._identity = identity
        stub = internal_pb2_grpc.IdentityInternalStub(identity.channel)
        self._holder, self._remind, self._acknowledge = stub.GetHolder, stub.RemindAccount, stub.AcknowledgeErasure

    async def look(self, platform: str, account_id: str) -> Holder | None:
        """Asks within two seconds."""
        request = internal_pb2.GetHolderRequest(name=f"accounts/{account_id}")
        try:
            told = await self._identity.tell(self._holder, request, within=_WITHIN, platform=platform)
        except NotFound:
            return None
        known = resources_pb2.Account.State.DESCRIPTOR.values_by_number.get(told.state)
        return Holder(
            "" if known is None else known.name,
            personal_id=told.assurance == internal_pb2.Holder.PERSONAL_ID,
            child=told.age_band in _CHILDREN,
        )

    async def remind(self, platform: str, account_id: str, due_time: datetime, request_id: UUID) -> None:
        """Has the platform told to ask an account by then; raises what identity says."""
        request = internal_pb2.RemindAccountRequest(
            name=f"accounts/{account_id}", due_time=timestamp(due_time), request_id=str(request_id)
        )
        await self._identity.tell(self._remind, request, within=_WITHIN, platform=platform)

    async def acknowledge_erasure(self, platform: str, account_id: str, request_id: str) -> bool:
        """Says that everything is erased here; False when nobody asked for it."""
        request = internal_pb2.AcknowledgeErasureRequest(name=f"accounts/{account_id}", request_id=request_id)
        try:
            await self._identity.tell(self._acknowledge, request, within=_WITHIN, platform=platform)
        except (FailedPrecondition, NotFound):
            return False
        return True
