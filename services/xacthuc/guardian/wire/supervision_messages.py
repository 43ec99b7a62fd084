"""What guardians allow and are shown, and what was consented to, between messages and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.type import timeofday_pb2

from xacthuc.api.guardian.v1 import resources_pb2 as pb2
from xacthuc.api.guardian.v1 import service_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.grpckit.reading import instant, optional_timestamp, timestamp
from xacthuc.guardian.domain.activity import Activity, ActivityKind
from xacthuc.guardian.domain.supervision import NO_QUIET_HOURS, Change, QuietHours
from xacthuc.guardian.ports.assents import Said
from xacthuc.guardian.wire.link_messages import ACCOUNT_PREFIX, LINK_PREFIX
from xacthuc.policy import Action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.guardian.domain.assents import Assent
    from xacthuc.guardian.ports.activity import ActivityPage
    from xacthuc.guardian.ports.supervision import Supervised

ACTION_NUMBERS: Final = {action: identity_pb2.Action.Value(action.value) for action in Action}
ACTIONS: Final = {number: action for action, number in ACTION_NUMBERS.items()}
_KINDS: Final = {kind: pb2.Activity.Kind.Value(kind.value) for kind in ActivityKind}
_KINDS_READ: Final = {number: kind for kind, number in _KINDS.items()}
_HOUR_MINUTES: Final = 60


def change(request: service_pb2.UpdateSupervisionRequest) -> Change:
    """Reads what the mask names; the contract has checked that it names nothing else."""
    given, named = request.supervision, frozenset(request.update_mask.paths)
    quiet = NO_QUIET_HOURS
    if given.HasField("quiet_hours"):
        quiet = QuietHours(_minute(given.quiet_hours.start), _minute(given.quiet_hours.end))
    return Change(
        actions=frozenset(ACTIONS[each] for each in given.allowed_actions) if "allowed_actions" in named else None,
        quiet=quiet if "quiet_hours" in named else None,
        suspended=given.suspended if "suspended" in named else None,
    )


def supervision(kept: Supervised) -> pb2.Supervision:
    """Renders what is allowed."""
    allowed, quiet_hours = kept.supervision, None
    if allowed.quiet != NO_QUIET_HOURS:
        quiet_hours = pb2.QuietHours(start=_time_of_day(allowed.quiet.start), end=_time_of_day(allowed.quiet.end))
    return pb2.Supervision(
        name=f"accounts/{kept.child}/supervision",
        suspended=allowed.suspended,
        allowed_actions=sorted(ACTION_NUMBERS[action] for action in allowed.actions),
        quiet_hours=quiet_hours,
        version=kept.version,
        update_time=timestamp(kept.update_time),
    )


def activities(request: service_pb2.RecordActivityRequest) -> list[Activity]:
    """Reads what was published; InvalidRequest when a time is none."""
    return [
        Activity(_KINDS_READ[each.kind], each.content_id, instant(each.occur_time, f"activities[{at}].occur_time"))
        for at, each in enumerate(request.activities)
    ]


def activity_page(page: ActivityPage) -> service_pb2.ListActivityResponse:
    """Renders a part of what was published."""
    return service_pb2.ListActivityResponse(
        activities=[
            pb2.Activity(kind=_KINDS[each.kind], content_id=each.content_id, occur_time=timestamp(each.occur_time))
            for each in page.activities
        ],
        next_page_token=page.following,
    )


def said(request: service_pb2.RecordChildAssentRequest) -> Said:
    """Reads what was said about a feature; InvalidRequest when its time is none."""
    return Said(
        child=request.parent[ACCOUNT_PREFIX:],
        feature=request.feature,
        guardian_link=request.guardian_link[LINK_PREFIX:],
        text_version=request.text_version,
        accept_time=instant(request.accept_time, "accept_time"),
        withdrawn=request.withdrawn,
    )


def assent(kept: Assent, *, complete: bool) -> pb2.ChildAssent:
    """Renders what stands of a feature."""
    return pb2.ChildAssent(
        child=f"accounts/{kept.child}",
        feature=kept.feature,
        complete=complete,
        child_accept_time=optional_timestamp(kept.child_accept_time),
        guardian_accept_time=optional_timestamp(kept.guardian_accept_time),
        guardian_link=kept.guardian_link and f"links/{kept.guardian_link}",
    )


def assents(kept: Sequence[tuple[Assent, bool]], following: str) -> service_pb2.ListChildAssentsResponse:
    """Renders a part of what was consented to."""
    return service_pb2.ListChildAssentsResponse(
        child_assents=[assent(each, complete=complete) for each, complete in kept], next_page_token=following
    )


def _minute(time: timeofday_pb2.TimeOfDay) -> int:
    return time.hours * _HOUR_MINUTES + time.minutes


def _time_of_day(minute: int) -> timeofday_pb2.TimeOfDay:
    return timeofday_pb2.TimeOfDay(hours=minute // _HOUR_MINUTES, minutes=minute % _HOUR_MINUTES)
