"""What livestream tells of one account, and what it does not, and why (R51)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, literal, or_, select, union

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters.tables import broadcasts, decisions, declarations, requests, trail
from xacthuc.shares.sections import Section, Sections, calls_section, named, record_section

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from xacthuc.shares.sections import Theirs

_OF_BROADCASTS: Final = (
    *(Tag.BROADCAST_AUTHORIZED, Tag.BROADCAST_REFUSED, Tag.BROADCAST_DECLARED, Tag.GOODS_HIDDEN),
    *(Tag.BROADCAST_REVOKED, Tag.BROADCAST_ENDED),
)
"""Entries whose subject is a broadcast. An officer's looks may tell of an authority's inquiry, which is for its order to tell."""


def _of_broadcasts(table: Table) -> Theirs:
    """By the index of accounts: what was decided and declared lies by the broadcast."""
    of = broadcasts.c
    return lambda platform, account: table.c.broadcast.in_(
        select(of.broadcast).where(of.platform == platform, of.account == account)
    )


def _recorded(platform: str, account: str) -> ColumnElement[bool]:
    """By the index of subjects; then whose a subject is, since a broadcast of somebody else may be called as the account is."""
    of, shows = trail.entries.c, broadcasts.c
    theirs = select(shows.broadcast).where(shows.platform == platform, shows.account == account)
    found = of.subject.in_(union(theirs, select(literal(account))))
    of_shows = and_(of.tag.in_(_OF_BROADCASTS), of.subject.in_(theirs))
    return and_(found, or_(of_shows, and_(of.tag == Tag.SHARE_EXPORTED.value, of.subject == account)))


SECTIONS: Final = Sections(
    told=(
        Section(
            "broadcasts",
            broadcasts,
            "Buổi phát trực tiếp",
            "Broadcasts",
            (
                broadcasts.c.broadcast,
                broadcasts.c.state,
                broadcasts.c.commerce,
                broadcasts.c.create_time,
                broadcasts.c.authorize_time,
                broadcasts.c.grant_time,
                broadcasts.c.review_time.label("next_review_time"),
                broadcasts.c.close_time.label("latest_end_time"),
                broadcasts.c.revoke_time,
                broadcasts.c.end_time,
                broadcasts.c.end_reason,
            ),
            broadcasts.c.create_time,
            named(broadcasts.c.account),
        ),
        Section(
            "decisions",
            decisions,
            "Quyết định về các buổi phát",
            "What was decided about them, on which evidence and by which article",
            (
                decisions.c.broadcast,
                decisions.c.time,
                decisions.c.cause,
                decisions.c.ruling,
                decisions.c.commerce,
                decisions.c.reason,
                decisions.c.legal_basis,
                decisions.c.policy_version,
                decisions.c.personal_id_time,
                decisions.c.personal_id_source,
            ),
            decisions.c.time,
            _of_broadcasts(decisions),
        ),
        Section(
            "declarations",
            declarations,
            "Hàng hóa, dịch vụ đã khai báo",
            "What was declared for sale",
            (
                declarations.c.broadcast,
                declarations.c.time,
                declarations.c.kind,
                declarations.c.product_id,
                declarations.c.show_time,
            ),
            declarations.c.time,
            _of_broadcasts(declarations),
        ),
        calls_section(requests),
        record_section(trail.entries, _recorded),
    ),
    left_out=MappingProxyType(
        {
            "broadcasters": "the account's id, and how often something was heard of it: for the service's own order",
            "exports": "what an authority asked for: whether the person may be told is for its order to say",
            "jobs": "work that waits, for minutes as a rule, with the account it is about and nothing else of it",
            "job_attempts": "when such work was tried",
            "outbox": "what happened, as events for 30 days: the decisions above say the same",
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
            "broadcasts": "livestream.record_months",
            "requests": "identity.request_id_days",
            "audit": "retention.audit_months",
        }
    ),
)
