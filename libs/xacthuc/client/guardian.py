"""The calls of GuardianService: parents and guardians of children under 16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf import field_mask_pb2
from google.type import timeofday_pb2

from xacthuc.api.guardian.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call, Listing, Watch
from xacthuc.client.identity.naming import name_of, stamp, whole_date
from xacthuc.client.results import Link
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, time

    from xacthuc.client.calls import Page
    from xacthuc.client.enums import Action, Relation
    from xacthuc.client.results import (
        Account,
        Activity,
        ChildAssent,
        Declaration,
        LinkEventBatch,
        QuietHours,
        Supervision,
    )

SERVICE: Final = "xacthuc.api.guardian.v1.GuardianService"
_SUSPENDED, _ALLOWED, _QUIET = "suspended", "allowed_actions", "quiet_hours"


def request_link(
    child: Account | str,
    *,
    relation: Relation,
    account: Account | str | None = None,
    phone_number: str = "",
    child_device_id: str = "",
    request_id: str | None = None,
) -> Call[Link]:
    """Invites a parent or guardian by `account` or by `phone_number`, from the child's own sign-up.

    Send the person the link's id, and start a challenge with purpose GUARDIAN_LINK and the link as its subject. Inviting
    the same person again returns the invitation that waits, with a later end. FailedPrecondition for who is no child;
    LimitExceeded after too many invitations.
    """
    request = service_pb2.RequestLinkRequest(
        child=name_of(child),
        relation=resources_pb2.Relation.ValueType(relation),
        child_device_id=child_device_id,
        request_id=request_id or new_request_id(),
    )
    if account is None:
        request.phone_number = phone_number
    else:
        request.account = name_of(account)
    return Call(SERVICE, "RequestLink", request, resources_pb2.Link, reading.link)


def confirm_link(
    link: Link | str,
    proof_token: str,
    *,
    full_name: str,
    birth_date: date,
    declaration: Declaration,
    request_id: str | None = None,
) -> Call[Link]:
    """Takes the child on, with the guardian's own details and the proof of a number that was made for this link.

    The link comes back active, or waits for another guardian or an officer: look at its `state`.
    """
    request = service_pb2.ConfirmLinkRequest(
        name=_link(link),
        proof_token=proof_token,
        full_name=full_name,
        birth_date=whole_date(birth_date),
        declaration=resources_pb2.Declaration(
            text_version=declaration.text_version,
            accept_time=stamp(declaration.accept_time, "accept_time"),
            affirmed=declaration.affirmed,
            ward_ground=resources_pb2.WardGround.ValueType(declaration.ward_ground or 0),
        ),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "ConfirmLink", request, resources_pb2.Link, reading.link)


def approve_link(link: Link | str, *, by: Link | str, request_id: str | None = None) -> Call[Link]:
    """Lets another guardian answer as well; `by` is the link of one who does."""
    request = service_pb2.ApproveLinkRequest(
        name=_link(link), approving_link=_link(by), request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "ApproveLink", request, resources_pb2.Link, reading.link)


def decline_link(link: Link | str, *, by: Link | str | None = None, request_id: str | None = None) -> Call[Link]:
    """Declines an invitation; or another guardian who waits for approval, `by` the link of one who answers."""
    request = service_pb2.DeclineLinkRequest(
        name=_link(link),
        declining_link="" if by is None else _link(by),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "DeclineLink", request, resources_pb2.Link, reading.link)


def revoke_link(link: Link | str, *, request_id: str | None = None) -> Call[Link]:
    """Ends a link at the guardian's wish. Without another guardian the child's account is suspended at once."""
    request = service_pb2.RevokeLinkRequest(name=_link(link), request_id=request_id or new_request_id())
    return Call(SERVICE, "RevokeLink", request, resources_pb2.Link, reading.link)


def get_link(link: Link | str) -> Call[Link]:
    """Returns a link. NotFound when there is none."""
    request = service_pb2.GetLinkRequest(name=_link(link))
    return Call(SERVICE, "GetLink", request, resources_pb2.Link, reading.link)


def list_links(account: Account | str, *, page_size: int = 100) -> Listing[Link]:
    """Goes through the links of an account, as the child or as the guardian, newest first."""

    def page(token: str) -> Call[Page[Link]]:
        request = service_pb2.ListLinksRequest(parent=name_of(account), page_size=page_size, page_token=token)
        return Call(SERVICE, "ListLinks", request, service_pb2.ListLinksResponse, reading.links)

    return Listing(page)


def watch_links(cursor: str = "") -> Watch[LinkEventBatch]:
    """Yields batches of what happens to the links of the platform's children, for ever, in order for each child.

    Deal with a batch, keep its cursor, and begin with that the next time; without one it begins with the oldest event
    that is kept. A batch without events comes every ten seconds. OutOfRange when events behind the cursor are gone.
    """

    def call(behind: str) -> Call[LinkEventBatch]:
        request = service_pb2.WatchLinksRequest(cursor=behind)
        return Call(SERVICE, "WatchLinks", request, service_pb2.WatchLinksResponse, reading.link_events)

    return Watch(call, cursor, lambda batch: batch.cursor)


def update_supervision(
    link: Link | str,
    *,
    suspended: bool | None = None,
    allowed_actions: Iterable[Action] | None = None,
    quiet_hours: QuietHours | None = None,
    no_quiet_hours: bool = False,
    request_id: str | None = None,
) -> Call[Supervision]:
    """Changes what a child may do, by the link of one of its guardians; what is left out stays.

    `no_quiet_hours=True` ends them. ValueError when nothing is to be changed, or both are said of quiet hours.
    """
    changed = {
        _SUSPENDED: suspended is not None,
        _ALLOWED: allowed_actions is not None,
        _QUIET: quiet_hours is not None or no_quiet_hours,
    }
    if not any(changed.values()) or (quiet_hours is not None and no_quiet_hours):
        raise ValueError("name what to change: suspended, allowed_actions, and quiet_hours or no_quiet_hours")
    quiet = None
    if quiet_hours is not None:
        quiet = resources_pb2.QuietHours(start=_time_of_day(quiet_hours.start), end=_time_of_day(quiet_hours.end))
    request = service_pb2.UpdateSupervisionRequest(
        name=_link(link),
        supervision=service_pb2.UpdateSupervisionRequest.Change(
            suspended=bool(suspended),
            allowed_actions=[int(action) for action in allowed_actions or ()],  # type: ignore[misc]  # an open enum
            quiet_hours=quiet,
        ),
        update_mask=field_mask_pb2.FieldMask(paths=[name for name, is_named in changed.items() if is_named]),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "UpdateSupervision", request, resources_pb2.Supervision, reading.supervision)


def get_supervision(child: Account | str) -> Call[Supervision]:
    """Returns what a child may do. NotFound when nobody has ever answered for it."""
    request = service_pb2.GetSupervisionRequest(name=name_of(child))
    return Call(SERVICE, "GetSupervision", request, resources_pb2.Supervision, reading.supervision)


def record_child_assent(
    child: Account | str,
    feature: str,
    *,
    text_version: str,
    accept_time: datetime,
    by: Link | str | None = None,
    withdrawn: bool = False,
    request_id: str | None = None,
) -> Call[ChildAssent]:
    """Records the child's consent to a feature that publishes its private information, or, `by` a link, a guardian's.

    The result is false for as long as somebody's is missing.
    """
    request = service_pb2.RecordChildAssentRequest(
        parent=name_of(child),
        feature=feature,
        guardian_link="" if by is None else _link(by),
        text_version=text_version,
        accept_time=stamp(accept_time, "accept_time"),
        withdrawn=withdrawn,
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RecordChildAssent", request, resources_pb2.ChildAssent, reading.child_assent)


def list_child_assents(child: Account | str, *, page_size: int = 100) -> Listing[ChildAssent]:
    """Goes through what was consented to of a child, by feature."""

    def page(token: str) -> Call[Page[ChildAssent]]:
        request = service_pb2.ListChildAssentsRequest(parent=name_of(child), page_size=page_size, page_token=token)
        return Call(SERVICE, "ListChildAssents", request, service_pb2.ListChildAssentsResponse, reading.child_assents)

    return Listing(page)


def record_activity(
    child: Account | str, activities: Iterable[Activity], *, request_id: str | None = None
) -> Call[int]:
    """Records what a child published, 1 to 100 things by their ids; returns how many were new."""
    request = service_pb2.RecordActivityRequest(
        parent=name_of(child),
        activities=[
            resources_pb2.Activity(
                kind=resources_pb2.Activity.Kind.ValueType(each.kind),
                content_id=each.content_id,
                occur_time=stamp(each.occur_time, "occur_time"),
            )
            for each in activities
        ],
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RecordActivity", request, service_pb2.RecordActivityResponse, reading.recorded)


def list_activity(link: Link | str, *, page_size: int = 100) -> Listing[Activity]:
    """Goes through what the child of an active link published, newest first."""

    def page(token: str) -> Call[Page[Activity]]:
        request = service_pb2.ListActivityRequest(parent=_link(link), page_size=page_size, page_token=token)
        return Call(SERVICE, "ListActivity", request, service_pb2.ListActivityResponse, reading.activities)

    return Listing(page)


def _link(link: Link | str) -> str:
    if isinstance(link, Link):
        return link.name
    return link if "/" in link else f"links/{link}"


def _time_of_day(of_day: time) -> timeofday_pb2.TimeOfDay:
    return timeofday_pb2.TimeOfDay(hours=of_day.hour, minutes=of_day.minute)
