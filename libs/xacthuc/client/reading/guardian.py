"""Messages of GuardianService → results."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from xacthuc.client.calls import Page
from xacthuc.client.enums import Action, ActivityKind, EndCause, LinkEventKind, LinkState, Relation, WardGround
from xacthuc.client.reading.common import instant, optional
from xacthuc.client.results import (
    Activity,
    ChildAssent,
    Declaration,
    Link,
    LinkEvent,
    LinkEventBatch,
    QuietHours,
    Supervision,
)

if TYPE_CHECKING:
    from google.type import timeofday_pb2

    from xacthuc.api.guardian.v1 import resources_pb2 as guardian
    from xacthuc.api.guardian.v1 import service_pb2 as service


def link(message: guardian.Link) -> Link:
    """Returns a link."""
    return Link(
        name=message.name,
        child=message.child,
        guardian=message.guardian,
        relation=Relation(message.relation),
        state=LinkState(message.state),
        expire_time=instant(message.expire_time),
        start_time=optional(message, "start_time"),
        end_time=optional(message, "end_time"),
        end_cause=EndCause(message.end_cause) if message.end_cause else None,
        declaration=_declaration(message.declaration) if message.HasField("declaration") else None,
        dispute=message.dispute,
        create_time=instant(message.create_time),
        update_time=instant(message.update_time),
    )


def links(message: service.ListLinksResponse) -> Page[Link]:
    """Returns a page of links."""
    return Page(tuple(link(each) for each in message.links), message.next_page_token)


def supervision(message: guardian.Supervision) -> Supervision:
    """Returns what is allowed."""
    quiet = message.quiet_hours
    return Supervision(
        name=message.name,
        suspended=message.suspended,
        allowed_actions=frozenset(Action(action) for action in message.allowed_actions),
        quiet_hours=QuietHours(_time(quiet.start), _time(quiet.end)) if message.HasField("quiet_hours") else None,
        version=message.version,
        update_time=instant(message.update_time),
    )


def child_assent(message: guardian.ChildAssent) -> ChildAssent:
    """Returns who consented to a feature."""
    return ChildAssent(
        child=message.child,
        feature=message.feature,
        complete=message.complete,
        child_accept_time=optional(message, "child_accept_time"),
        guardian_accept_time=optional(message, "guardian_accept_time"),
        guardian_link=message.guardian_link,
    )


def child_assents(message: service.ListChildAssentsResponse) -> Page[ChildAssent]:
    """Returns a page of what was consented to."""
    return Page(tuple(child_assent(each) for each in message.child_assents), message.next_page_token)


def recorded(message: service.RecordActivityResponse) -> int:
    """Returns how many were not on record before."""
    return message.recorded_count


def activities(message: service.ListActivityResponse) -> Page[Activity]:
    """Returns a page of what a child published."""
    found = tuple(
        Activity(kind=ActivityKind(each.kind), content_id=each.content_id, occur_time=instant(each.occur_time))
        for each in message.activities
    )
    return Page(found, message.next_page_token)


def link_events(message: service.WatchLinksResponse) -> LinkEventBatch:
    """Returns what happened, and the cursor behind it."""
    found = tuple(
        LinkEvent(
            name=each.name,
            kind=LinkEventKind(each.kind),
            child=each.child,
            link=each.link,
            occur_time=instant(each.occur_time),
        )
        for each in message.events
    )
    return LinkEventBatch(events=found, cursor=message.cursor)


def _declaration(message: guardian.Declaration) -> Declaration:
    return Declaration(
        text_version=message.text_version,
        accept_time=instant(message.accept_time),
        affirmed=message.affirmed,
        ward_ground=WardGround(message.ward_ground) if message.ward_ground else None,
    )


def _time(of_day: timeofday_pb2.TimeOfDay) -> time:
    return time(of_day.hours, of_day.minutes)
