"""The identity service, over its internal port."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.backfill.domain.holders import Holder
from xacthuc.backfill.domain.restriction import Approved, Ended, Restored
from xacthuc.backfill.ports.restrictions import Graces
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reading import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from xacthuc.grpckit.channels import ServiceChannel

_CHILDREN: Final = frozenset({internal_pb2.Holder.BELOW_ASSENT, internal_pb2.Holder.BELOW_INDEPENDENCE})
_WITHIN: Final = timedelta(seconds=2)
"""Nobody waits for it."""
_FOR_SOME: Final = timedelta(seconds=10)
"""For what is done to some accounts in one commit."""


class IdentityClient:
    """The ports `Holders`, `Reminders`, `Agreements` and `Transitions`, and what is said of erasures."""

    def __init__(self, identity: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._identity = identity
        stub = internal_pb2_grpc.IdentityInternalStub(identity.channel)
        self._holder, self._remind, self._acknowledge = stub.GetHolder, stub.RemindAccount, stub.AcknowledgeErasure
        self._approved, self._count, self._end, self._restore = (
            stub.GetApprovedTransitionEnd,
            stub.CountTransitions,
            stub.EndTransitions,
            stub.RestoreTransitions,
        )

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

    async def approved(self, platform: str, approval: str) -> Approved:
        """Asks within two seconds."""
        request = internal_pb2.GetApprovedTransitionEndRequest(name=f"approvals/{approval}")
        told = await self._identity.tell(self._approved, request, within=_WITHIN, platform=platform)
        return Approved(campaign=told.campaign, accounts=told.account_count, as_of=told.as_of_time.ToDatetime(UTC))

    async def graces(self, platform: str, account_ids: Sequence[str]) -> Graces:
        """Asks within two seconds."""
        request = internal_pb2.CountTransitionsRequest(names=_names(account_ids))
        told = await self._identity.tell(self._count, request, within=_WITHIN, platform=platform)
        last = told.last_end_time.ToDatetime(UTC) if told.HasField("last_end_time") else None
        return Graces(told.running_count, last)

    async def end(self, platform: str, approval: str, account_ids: Sequence[str], request_id: UUID) -> Sequence[Ended]:
        """Has their transitions ended; raises what identity says."""
        request = internal_pb2.EndTransitionsRequest(
            approval=f"approvals/{approval}", names=_names(account_ids), request_id=str(request_id)
        )
        told = await self._identity.tell(self._end, request, within=_FOR_SOME, platform=platform)
        name = internal_pb2.EndTransitionsResponse.Outcome.Name
        return [Ended(name(each)) for each in told.outcomes]

    async def restore(
        self, platform: str, approval: str, account_ids: Sequence[str], reason: str, request_id: UUID
    ) -> Sequence[Restored]:
        """Has them given back; raises what identity says."""
        request = internal_pb2.RestoreTransitionsRequest(
            approval=f"approvals/{approval}", names=_names(account_ids), reason=reason, request_id=str(request_id)
        )
        told = await self._identity.tell(self._restore, request, within=_FOR_SOME, platform=platform)
        name = internal_pb2.RestoreTransitionsResponse.Outcome.Name
        return [Restored(name(each)) for each in told.outcomes]

    async def acknowledge_erasure(self, platform: str, account_id: str, request_id: str) -> bool:
        """Says that everything is erased here; False when nobody asked for it."""
        request = internal_pb2.AcknowledgeErasureRequest(name=f"accounts/{account_id}", request_id=request_id)
        try:
            await self._identity.tell(self._acknowledge, request, within=_WITHIN, platform=platform)
        except (FailedPrecondition, NotFound):
            return False
        return True


def _names(account_ids: Sequence[str]) -> list[str]:
    return [f"accounts/{account_id}" for account_id in account_ids]
