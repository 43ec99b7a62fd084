"""What backfill tells of one account, and what it does not, and why (R51)."""

from __future__ import annotations

from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, func, literal_column, select, tuple_

from xacthuc.audit.tags import Tag
from xacthuc.backfill.adapters.tables import asks, campaigns, requests, restrictions, targets, trail
from xacthuc.sealing import UnsealError
from xacthuc.shares.sections import Section, Sections, calls_section, named, record_section

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from xacthuc.backfill.adapters.numbers import Numbers

_CHANNEL: Final = (
    select(
        func.jsonb_path_query_first(
            campaigns.c.plan,
            literal_column("'$.providers[*] ? (@.name == $carrier).channel'::jsonpath"),
            func.jsonb_build_object(literal_column("'carrier'"), asks.c.provider),
        ).op("#>>", return_type=Text())(literal_column("'{}'"))
    )
    .where(campaigns.c.platform == asks.c.platform, campaigns.c.campaign == asks.c.campaign)
    .correlate(asks)
    .scalar_subquery()
    .label("channel")
)
"""By which way a notice went: the plan says so of who carried it."""


def _asked(platform: str, account: str) -> ColumnElement[bool]:
    of = targets.c
    theirs = select(of.campaign).where(of.platform == platform, of.account == account)
    return campaigns.c.campaign.in_(theirs)


def _restricted(platform: str, account: str) -> ColumnElement[bool]:
    of = targets.c
    theirs = select(of.campaign, of.restriction).where(of.platform == platform, of.account == account)
    return tuple_(restrictions.c.campaign, restrictions.c.approval).in_(theirs)


def _exported(_platform: str, account: str) -> ColumnElement[bool]:
    """Everything else is about campaigns: a campaign may be called as an account is."""
    of = trail.entries.c
    return and_(of.subject == account, of.tag == Tag.SHARE_EXPORTED.value)


def sections(numbers: Numbers) -> Sections:
    """Returns what is told, with what opens numbers."""

    def number(row: Row[Any]) -> str | None:
        """As identity does, None of what no key opens any more."""
        with suppress(UnsealError):
            return numbers.open(row.platform, row.campaign, row.account, row.number)
        return None

    return Sections(
        told=(
            Section(
                "campaigns",
                campaigns,
                "Chiến dịch yêu cầu xác thực",
                "Campaigns that asked the holder to verify",
                (
                    campaigns.c.campaign,
                    campaigns.c.state,
                    campaigns.c.create_time,
                    campaigns.c.start_time,
                    campaigns.c.close_time,
                    campaigns.c.empty_time,
                    campaigns.c.reason,
                ),
                campaigns.c.create_time,
                _asked,
            ),
            Section(
                "targets",
                targets,
                "Tình trạng trong các chiến dịch",
                "Where the holder stands in them",
                (
                    targets.c.campaign,
                    targets.c["class"].label("account_class"),
                    targets.c.number,
                    targets.c.state,
                    targets.c.state_time,
                    targets.c.wave,
                    targets.c.step,
                    targets.c.step_time,
                    targets.c.due_time.label("next_time"),
                    targets.c.restriction_outcome,
                ),
                targets.c.state_time,
                named(targets.c.account),
                opened=MappingProxyType({"number": number}),
                opened_from=(targets.c.platform, targets.c.account),
            ),
            Section(
                "asks",
                asks,
                "Yêu cầu và thông báo đã gửi",
                "What the holder was asked and sent, when and by which way",
                (
                    asks.c.campaign,
                    asks.c.wave,
                    asks.c.event_time,
                    asks.c.notice_time,
                    _CHANNEL,
                    asks.c.provider,
                    asks.c.ending,
                ),
                func.coalesce(asks.c.notice_time, asks.c.event_time),
                named(asks.c.account),
            ),
            Section(
                "restrictions",
                restrictions,
                "Hạn chế do không xác thực",
                "Restrictions for want of verification",
                (
                    restrictions.c.campaign,
                    restrictions.c.state,
                    restrictions.c.create_time,
                    restrictions.c.end_time,
                    restrictions.c.reason,
                ),
                restrictions.c.create_time,
                _restricted,
            ),
            calls_section(requests),
            record_section(trail.entries, _exported),
        ),
        left_out=MappingProxyType(
            {
                "people": "how many notices a number got in a campaign, by its keyed hash, whatever accounts it has: asks tell of this one",
                "receipts": "what was heard of a notice, until it is written beside what was sent",
                "targets.restriction": "the agreement of two people by which it was restricted: restrictions tell when and why",
                "jobs": "work that waits, for minutes as a rule, with the account it is about and nothing else of it",
                "job_attempts": "when such work was tried",
            }
        ),
        nobodys=MappingProxyType(
            {
                "waves": "counts of a campaign",
                "spends": "what a campaign cost by day",
                "cursors": "how far what identity and otp tell was read",
                "audit_unsealed": "which entries of the record are in no seal yet",
                "audit_seals": "seals of the record",
                "audit_pruned": "what was deleted of the record for its age",
            }
        ),
        kept=MappingProxyType(
            {
                "targets": "retention.record_months",
                "requests": "identity.request_id_days",
                "audit": "retention.audit_months",
            }
        ),
    )
