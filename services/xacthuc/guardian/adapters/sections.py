"""What guardian tells of one account, and what it does not, and why (R51).

A link is about two people, and each may know of the other what they know by it already. From the moment that a guardian
declared the relation each is named to the other by the account's id, as the platform's own calls do. Before that neither
is: whom somebody invited, and for which child, is nobody's data but theirs. What a child published or consented to is
told to the child alone, and a guardian's consents to the guardian and the child. What speaks against a link is told to the
guardian, against whom it speaks; the child hears that there was something, when, and how it was decided.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, case, literal, select, union

from xacthuc.audit.tags import Tag
from xacthuc.guardian.adapters.tables import (
    activities,
    child_assents,
    child_devices,
    children,
    disputes,
    link_changes,
    links,
    requests,
    trail,
)
from xacthuc.shares.sections import Section, Sections, calls_section, named, record_section

if TYPE_CHECKING:
    from sqlalchemy import Select, Table

    from xacthuc.shares.sections import Theirs

_TOLD: Final = (
    *(Tag.LINK_INVITED, Tag.LINK_CONFIRMED, Tag.LINK_APPROVED, Tag.LINK_DECLINED, Tag.LINK_EXPIRED, Tag.LINK_ENDED),
    *(Tag.SUPERVISION_SET, Tag.CHILD_ASSENT_RECORDED, Tag.ACTIVITY_SHOWN, Tag.DISPUTE_OPENED, Tag.DISPUTE_RESOLVED),
    Tag.SHARE_EXPORTED,
)
"""Entries whose subject is an account. An officer's looks may tell of an authority's inquiry, and are for its order to tell."""


def _invited(_platform: str, account: str) -> ColumnElement[bool]:
    return and_(links.c.invited_account == account, links.c.guardian.is_distinct_from(account))


def _as_child(platform: str, account: str) -> Select[tuple[str]]:
    return select(links.c.link).where(links.c.platform == platform, links.c.child == account)


def _as_guardian(platform: str, account: str) -> Select[tuple[str]]:
    return select(links.c.link).where(links.c.platform == platform, links.c.guardian == account)


def _as_invited(platform: str, account: str) -> Select[tuple[str]]:
    return select(links.c.link).where(links.c.platform == platform, _invited(platform, account))


def _of_links(table: Table) -> Theirs:
    """Each side by its own index: alternatives of lists would be read by going over the whole table."""
    sides = (_as_child, _as_guardian, _as_invited)
    return lambda platform, account: table.c.link.in_(union(*(side(platform, account) for side in sides)))


def _by_guardian(platform: str, account: str) -> ColumnElement[bool]:
    """Children first: their consents lie by the child."""
    of = links.c
    whose = select(of.child).where(of.platform == platform, of.guardian == account)
    theirs = child_assents.c.guardian_link.in_(_as_guardian(platform, account))
    return and_(child_assents.c.child.in_(whose), theirs)


_OF_LINK: Final = (
    links.c.relation,
    links.c.state,
    links.c.end_cause,
    case((links.c.invited_number.is_not(None), literal("BY_NUMBER")), else_=literal("BY_ACCOUNT")).label("invited"),
    links.c.repeats,
    links.c.expire_time,
    links.c.create_time,
    links.c.update_time,
)
_DECLARED: Final = (
    links.c.text_version,
    links.c.accept_time,
    links.c.ward_ground,
    links.c.confirm_time,
    links.c.start_time,
    links.c.end_time,
)

SECTIONS: Final = Sections(
    told=(
        Section(
            "guardians",
            links,
            "Người giám hộ, và người được mời giám hộ",
            "Who answers for the holder, or was asked to",
            (links.c.link, links.c.guardian, *_OF_LINK, *_DECLARED),
            links.c.create_time,
            named(links.c.child),
        ),
        Section(
            "wards",
            links,
            "Trẻ em mà chủ tài khoản giám hộ",
            "Children the holder answers for, or declared to",
            (links.c.link, links.c.child, *_OF_LINK, *_DECLARED),
            links.c.create_time,
            named(links.c.guardian),
        ),
        Section(
            "invitations",
            links,
            "Lời mời giám hộ gửi đến chủ tài khoản",
            "Invitations to answer for a child that the holder did not take up",
            (links.c.link, *_OF_LINK),
            links.c.create_time,
            _invited,
        ),
        Section(
            "link_changes",
            link_changes,
            "Diễn biến của các liên kết giám hộ",
            "What became of these links",
            (link_changes.c.link, link_changes.c.change_time, link_changes.c.state, link_changes.c.actor),
            link_changes.c.change_time,
            _of_links(link_changes),
        ),
        Section(
            "supervision",
            children,
            "Quyền do người giám hộ đặt",
            "What the guardians allow",
            (
                children.c.suspended,
                children.c.actions,
                children.c.quiet_from,
                children.c.quiet_to,
                children.c.create_time,
                children.c.update_time,
            ),
            children.c.update_time,
            named(children.c.child),
        ),
        Section(
            "assents",
            child_assents,
            "Đồng ý công bố thông tin của trẻ em",
            "Consents to publishing the holder's private information, the holder's own and a guardian's",
            (
                child_assents.c.feature,
                child_assents.c.child_text,
                child_assents.c.child_accept_time,
                child_assents.c.guardian_text,
                child_assents.c.guardian_accept_time,
                child_assents.c.guardian_link.label("link"),
                child_assents.c.update_time,
            ),
            child_assents.c.update_time,
            named(child_assents.c.child),
        ),
        Section(
            "given_assents",
            child_assents,
            "Đồng ý mà chủ tài khoản đã cho với tư cách người giám hộ",
            "Consents the holder gave as a guardian",
            (
                child_assents.c.feature,
                child_assents.c.guardian_text,
                child_assents.c.guardian_accept_time,
                child_assents.c.guardian_link.label("link"),
            ),
            child_assents.c.update_time,
            _by_guardian,
        ),
        Section(
            "activities",
            activities,
            "Nội dung đã đăng mà người giám hộ được xem",
            "What the holder published, as guardians are shown it",
            (activities.c.kind, activities.c.content_id, activities.c.occur_time),
            activities.c.occur_time,
            named(activities.c.child),
        ),
        Section(
            "devices",
            child_devices,
            "Thiết bị đã dùng khi đăng ký",
            "Devices the holder signed up on, of which a keyed hash is kept",
            (child_devices.c.create_time,),
            child_devices.c.create_time,
            named(child_devices.c.child),
        ),
        Section(
            "disputes",
            disputes,
            "Tranh chấp về người giám hộ",
            "What spoke against a guardian of the holder",
            (disputes.c.link, disputes.c.state, disputes.c.create_time, disputes.c.resolve_time),
            disputes.c.create_time,
            lambda platform, account: disputes.c.link.in_(_as_child(platform, account)),
        ),
        Section(
            "contested",
            disputes,
            "Tranh chấp về tư cách giám hộ của chủ tài khoản",
            "What spoke against the holder as a guardian",
            (disputes.c.link, disputes.c.cause, disputes.c.state, disputes.c.create_time, disputes.c.resolve_time),
            disputes.c.create_time,
            lambda platform, account: disputes.c.link.in_(_as_guardian(platform, account)),
        ),
        calls_section(requests),
        record_section(
            trail.entries,
            lambda _platform, account: and_(trail.entries.c.subject == account, trail.entries.c.tag.in_(_TOLD)),
        ),
    ),
    left_out=MappingProxyType(
        {
            "links.invited_account": "whom the platform asked to answer for a child, an account or a number by its keyed hash: who"
            " they are is told once they declared themselves",
            "disputes.basis": "what somebody brought against a link: who that was may be told from it",
            "disputes.resolver": "which officer decided: the record of the deployment says so",
            "disputes.resolve_basis": "what the decision rests on, which may tell of who brought it",
            "child_devices.device": "a keyed hash, which tells nothing of the person",
            "jobs": "work that waits, for minutes as a rule, with the account it is about and nothing else of it",
            "job_attempts": "when such work was tried",
            "outbox": "what happened, as events for 30 days: the changes above say the same",
        }
    ),
    nobodys=MappingProxyType(
        {
            "cursors": "how far what identity tells was read",
            "outbox_head": "how far events were numbered",
            "audit_unsealed": "which entries of the record are in no seal yet",
            "audit_seals": "seals of the record",
            "audit_pruned": "what was deleted of the record for its age",
        }
    ),
    kept=MappingProxyType(
        {
            "links": "supervision.history_months",
            "activities": "supervision.activity_days",
            "requests": "identity.request_id_days",
            "audit": "retention.audit_months",
        }
    ),
)
