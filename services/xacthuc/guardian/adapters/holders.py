"""What identity says of accounts, over its internal port."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.api.identity.v1 import events_pb2, internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.errors import DeadlineExceeded, FailedPrecondition, NotFound, Unavailable
from xacthuc.grpckit.reading import optional_timestamp
from xacthuc.guardian.adapters.jobs import Extent
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.domain.life import AgeBand, Assurance, Holder
from xacthuc.sql.following import Told
from xacthuc.watching.owed import owed_erasures

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from xacthuc.grpckit.channels import ServiceChannel

_Event = events_pb2.AccountEvent
_State = resources_pb2.Account.State
_OVER: Final = frozenset({_State.CLOSED, _State.ERASURE_SCHEDULED, _State.ERASED})
_WITHIN: Final = timedelta(seconds=2)
UNREACHABLE: Final = (Unavailable, DeadlineExceeded)
AGAIN: Final = timedelta(minutes=5)
"""How long a job waits that must not be given up while identity is away."""
_ERASING: Final = {_Event.ERASURE_SCHEDULED: Extent.UNKEPT, _Event.ACCOUNT_ERASED: Extent.EVERYTHING}
_CHANGING: Final = frozenset({_Event.ACCOUNT_CORRECTED, _Event.ACCOUNT_CLOSED, *_ERASING})
"""After these somebody may be none of those any more who may answer, or be answered for."""


_DOUBTING: Final = (
    (_Event.REVERIFICATION_REQUIRED, "number_passed_on", DisputeCause.NUMBER_RECYCLED),
    (_Event.ACCOUNT_CORRECTED, "birth_date", DisputeCause.BIRTH_DATE_CORRECTED),
)
"""After these an officer has to look at who answers for whom."""


class Doubt(NamedTuple):
    """A question for an officer."""

    cause: DisputeCause
    event: str
    """The name of what identity told."""
    time: datetime
    """When it happened: a link that came later was made knowing of it."""


class Happened(NamedTuple):
    """Something that happened to an account, as far as it matters here."""

    platform: str
    account_id: str
    erases: Extent | None
    """How much of what is kept here of the account has to go."""
    keep_until: str
    """Until when identity keeps the rest, as it says it; empty where it says nothing of that."""
    doubt: Doubt | None = None
    """What an officer has to look at for it."""


class HolderClient:
    """The port `Holders`, and what happens to accounts."""

    def __init__(self, identity: ServiceChannel) -> None:
        """Takes the channel, which belongs to `assembly.py`."""
        self._identity = identity
        stub = internal_pb2_grpc.IdentityInternalStub(identity.channel)
        self._get, self._acknowledge, self._watch = stub.GetHolder, stub.AcknowledgeErasure, stub.WatchAllAccounts

    async def holder(self, platform: str, account_id: str) -> Holder:
        """Asks."""
        request = internal_pb2.GetHolderRequest(name=f"accounts/{account_id}")
        try:
            found = await self._identity.tell(self._get, request, within=_WITHIN, platform=platform)
        except NotFound:
            return Holder(in_use=False, band=None)
        return read(found)

    async def acknowledge_erasure(
        self, platform: str, account_id: str, keep_until: datetime | None, request_id: str
    ) -> bool:
        """Tells it."""
        request = internal_pb2.AcknowledgeErasureRequest(
            name=f"accounts/{account_id}", keep_until_time=optional_timestamp(keep_until), request_id=request_id
        )
        try:
            await self._identity.tell(self._acknowledge, request, within=_WITHIN, platform=platform)
        except (FailedPrecondition, NotFound):
            return False
        return True

    async def watch(self, cursor: bytes) -> AsyncGenerator[Told[Sequence[Happened]], None]:
        """Yields what happened behind `cursor`, or since the oldest event kept when it is empty. OutOfRange as there.

        Without a cursor something may have been lost: the erasures come first that identity waits for.
        """
        if not cursor:
            async with aclosing(owed_erasures(self._identity)) as pages:
                async for owed in pages:
                    yield Told(b"", [_owed(each) for each in owed])
        request = internal_pb2.WatchAllAccountsRequest(cursor=cursor.decode())
        async with aclosing(self._identity.watch(self._watch, request)) as stream:
            async for response in stream:
                happened = [each for each in map(_happened, response.events) if each]
                yield Told(response.cursor.encode(), happened, response.traceparents)


def read(found: internal_pb2.Holder) -> Holder:
    """Reads what identity says; a band or an assurance that this version does not know is none that it may act upon."""
    bands, assurances = internal_pb2.Holder.AgeBand.DESCRIPTOR, internal_pb2.Holder.Assurance.DESCRIPTOR
    band, assurance = bands.values_by_number.get(found.age_band), assurances.values_by_number.get(found.assurance)
    return Holder(
        in_use=found.state not in _OVER,
        band=AgeBand(band.name) if band is not None and band.name in AgeBand.__members__ else None,
        assurance=(
            Assurance(assurance.name) if assurance is not None and assurance.name in Assurance.__members__ else None
        ),
        locked=found.state == _State.LOCKED,
    )


def _owed(owed: internal_pb2.OwedErasure) -> Happened:
    kept = owed.purge_time.ToDatetime(UTC).isoformat() if owed.HasField("purge_time") else ""
    return Happened(
        platform=owed.platform.removeprefix("platforms/"),
        account_id=owed.account.removeprefix("accounts/"),
        erases=Extent.EVERYTHING if owed.erased else Extent.UNKEPT,
        keep_until=kept,
    )


def _happened(event: events_pb2.AccountEvent) -> Happened | None:
    """Reads an event; None when nothing here depends on it."""
    doubt = _doubt(event)
    if event.kind not in _CHANGING and doubt is None:
        return None
    return Happened(
        platform=event.platform.removeprefix("platforms/"),
        account_id=event.account.removeprefix("accounts/"),
        erases=_ERASING.get(event.kind),
        keep_until=event.details.get("purge_time", ""),
        doubt=doubt,
    )


def _doubt(event: events_pb2.AccountEvent) -> Doubt | None:
    for kind, detail, cause in _DOUBTING:
        if event.kind == kind and event.details.get(detail) == "true":
            return Doubt(cause, event.name, event.occur_time.ToDatetime(UTC))
    return None
