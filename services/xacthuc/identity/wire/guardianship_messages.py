"""Who answers for a child, as the guardian service says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.type import timeofday_pb2

from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.identity.commands import PutGuardianship
from xacthuc.identity.domain.facts import Supervision
from xacthuc.identity.domain.guardianship import Guardian, Guardianship, Relation
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, order, timestamp
from xacthuc.identity.wire.decision_messages import ACTION_NUMBERS, ACTIONS

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call

_RELATIONS: Final = {relation: internal_pb2.Guardianship.Relation.Value(relation.value) for relation in Relation}
_RELATIONS_READ: Final = {number: relation for relation, number in _RELATIONS.items()}
_HOUR_MINUTES: Final = 60


def put_guardianship(request: internal_pb2.PutGuardianshipRequest, call: Call) -> PutGuardianship:
    """Reads the whole of it; InvalidRequest when a time is none."""
    given = request.guardianship
    quiet, quiet_from, quiet_to = given.supervision.quiet_hours, 0, 0
    if given.supervision.HasField("quiet_hours"):
        quiet_from, quiet_to = _minute(quiet.start), _minute(quiet.end)
    return PutGuardianship(
        order=order(request, call, call.platform),
        child_id=given.child[ACCOUNT_PREFIX:],
        guardianship=Guardianship(
            guardians=tuple(
                read_guardian(guardian, f"guardianship.guardians[{at}]") for at, guardian in enumerate(given.guardians)
            ),
            supervision=Supervision(
                guarded_until_ms=0,
                suspended=given.supervision.suspended,
                actions=frozenset(ACTIONS[action] for action in given.supervision.allowed_actions),
                quiet_from=quiet_from,
                quiet_to=quiet_to,
            ),
            version=given.version,
        ),
    )


def read_guardian(given: internal_pb2.Guardianship.Guardian, field: str) -> Guardian:
    """Reads somebody who answers for a child; InvalidRequest when the time in `field` is none."""
    return Guardian(
        link=given.link,
        account_id=given.account[ACCOUNT_PREFIX:],
        relation=_RELATIONS_READ[given.relation],
        start_time=instant(given.start_time, f"{field}.start_time"),
    )


def guardianship(child_id: str, kept: Guardianship) -> internal_pb2.Guardianship:
    """Renders what is kept."""
    supervision, quiet_hours = kept.supervision, None
    if supervision.quiet_from != supervision.quiet_to:
        start, end = _time_of_day(supervision.quiet_from), _time_of_day(supervision.quiet_to)
        quiet_hours = internal_pb2.Guardianship.QuietHours(start=start, end=end)
    return internal_pb2.Guardianship(
        child=f"accounts/{child_id}",
        guardians=[
            internal_pb2.Guardianship.Guardian(
                link=guardian.link,
                account=f"accounts/{guardian.account_id}",
                relation=_RELATIONS[guardian.relation],
                start_time=timestamp(guardian.start_time),
            )
            for guardian in kept.guardians
        ],
        supervision=internal_pb2.Guardianship.Supervision(
            suspended=supervision.suspended,
            allowed_actions=sorted(ACTION_NUMBERS[action] for action in supervision.actions),
            quiet_hours=quiet_hours,
        ),
        version=kept.version,
    )


def _minute(time: timeofday_pb2.TimeOfDay) -> int:
    return time.hours * _HOUR_MINUTES + time.minutes


def _time_of_day(minute: int) -> timeofday_pb2.TimeOfDay:
    return timeofday_pb2.TimeOfDay(hours=minute // _HOUR_MINUTES, minutes=minute % _HOUR_MINUTES)
