"""Telling identity who answers for a child and what is allowed: the newest version, whole, until it is heard.

A job that commits with the change, so that no kill loses it; woken at once, so that the gate follows within a second.
What is told again changes nothing: identity keeps the greatest version. While identity is away that is no failure of the
word, so that it is never given up, and a suspension that is ordered meanwhile waits for nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from google.type import timeofday_pb2
from sqlalchemy import select

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reading import timestamp
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.holders import UNREACHABLE
from xacthuc.guardian.adapters.link_rows import active_of
from xacthuc.guardian.adapters.link_writes import by_itself, end, lock_child
from xacthuc.guardian.adapters.tables import children
from xacthuc.guardian.domain.links import EndCause
from xacthuc.guardian.domain.relations import Relation
from xacthuc.jobs.job import Done, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.jobs.job import Job

_WITHIN: Final = timedelta(seconds=3)
_SOON: Final = timedelta(seconds=2)
"""Until identity is asked again that was away: a gate waits for it."""
_Guardianship = internal_pb2.Guardianship
_HOUR_MINUTES: Final = 60
RELATIONS: Final = {
    relation: _Guardianship.Relation.Value(relation.value)
    for relation in Relation
    if relation is not Relation.GRANDPARENT
} | {Relation.GRANDPARENT: _Guardianship.GUARDIAN_NATURAL}
"""To identity a grandparent is a guardian by law like any other: who may answer together is decided here."""


class Pushes:
    """The word to identity."""

    def __init__(
        self, engine: AsyncEngine, identity: ServiceChannel, clock: Clock, appended: Callable[[], None]
    ) -> None:
        """Takes the pool for jobs, the channel, and what is called when a refusal changed something here."""
        self._engine = engine
        self._identity = identity
        self._put = internal_pb2_grpc.IdentityInternalStub(identity.channel).PutGuardianship
        self._clock = clock
        self._appended = appended

    async def push(self, job: Job) -> Done | RetryAt:
        """Tells the version that is the newest now, which may be a later one than the job was written for."""
        platform, child = str(job.payload["platform"]), str(job.payload["child"])
        async with transaction(self._engine) as connection:
            wanted = await _guardianship(connection, platform, child)
        if wanted is None:
            return Done("NOTHING")
        # The same version is the same request, whoever tells it.
        request_id = str(uuid5(NAMESPACE_URL, f"guardianship/{platform}/{child}/{wanted.version}"))
        request = internal_pb2.PutGuardianshipRequest(guardianship=wanted, request_id=request_id)
        try:
            await self._identity.tell(self._put, request, within=_WITHIN, platform=platform)
        except UNREACHABLE:
            return RetryAt(self._clock.now() + _SOON, "IDENTITY_AWAY")
        except NotFound:
            return Done("UNKNOWN_CHILD")
        except FailedPrecondition as refused:
            await self._end(platform, child, refused)
            return Done("REFUSED")
        return Done()

    async def _end(self, platform: str, child: str, refused: FailedPrecondition) -> None:
        """Ends what identity does not let stand, which makes a version that it takes: what ends is never refused.

        What names nothing to end stays a failure, and an operator looks at it.
        """
        ends = ends_by(refused)
        if ends is None:
            raise refused
        now, order = self._clock.now(), by_itself(platform, "Push")
        async with transaction(self._engine) as connection:
            await lock_child(connection, platform, child)
            for link in await active_of(connection, platform, child):
                if ends.link in {None, link.link}:
                    await end(connection, order, link, ends.cause, now)
        self._appended()


class Ends(NamedTuple):
    """What a refusal of identity ends."""

    cause: EndCause
    link: str | None
    """None when it ends every link of the child."""


def ends_by(refused: FailedPrecondition) -> Ends | None:
    """Returns what a refusal ends; None when it names nothing. Of a child it says the state when the account is closed."""
    said = refused.metadata
    if refused.reason is Reason.ACCOUNT_STATE:
        return Ends(EndCause.CHILD_CLOSED if "state" in said else EndCause.CAME_OF_AGE, None)
    link = said.get("link", "").removeprefix("links/")
    return Ends(EndCause.GUARDIAN_STANDING, link) if refused.reason is Reason.GUARDIAN_UNFIT and link else None


async def _guardianship(connection: AsyncConnection, platform: str, child: str) -> internal_pb2.Guardianship | None:
    of = children.c
    # Under the lock that writers take, so that version and guardians are of one moment.
    found = select(children).where(of.platform == platform, of.child == child).with_for_update(read=True)
    row = (await connection.execute(found)).one_or_none()
    if row is None or not row.version:
        return None
    quiet = None
    if row.quiet_from != row.quiet_to:
        quiet = _Guardianship.QuietHours(start=_time_of_day(row.quiet_from), end=_time_of_day(row.quiet_to))
    return _Guardianship(
        child=f"accounts/{child}",
        guardians=[
            _Guardianship.Guardian(
                link=f"links/{each.link}",
                account=f"accounts/{each.guardian_id}",
                relation=RELATIONS[each.relation],
                start_time=timestamp(each.start_time or each.update_time),
            )
            for each in await active_of(connection, platform, child)
        ],
        supervision=_Guardianship.Supervision(
            suspended=row.suspended,
            allowed_actions=sorted(resources_pb2.Action.Value(action) for action in row.actions),
            quiet_hours=quiet,
        ),
        version=row.version,
    )


def _time_of_day(minute: int) -> timeofday_pb2.TimeOfDay:
    return timeofday_pb2.TimeOfDay(hours=minute // _HOUR_MINUTES, minutes=minute % _HOUR_MINUTES)
