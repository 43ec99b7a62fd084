"""Writes down what an auditor looks for of the one-time-code service, within the transaction that keeps how far was read.

Outcomes have no id, and are told again when a cursor was lost. What is recorded therefore is one entry for a kind, a
platform, a subject, an instant and a detail, whoever tells of it how often: a list of a thousand blocked numbers is one act.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, tuple_

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.tables import trail
from xacthuc.telemetry.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_Outcome = internal_pb2.Outcome
TAGS: Final = {
    _Outcome.ADMINISTERED: Tag.OTP_ADMINISTERED,
    _Outcome.EXHAUSTED: Tag.CHALLENGE_EXHAUSTED,
    _Outcome.UNREQUESTED: Tag.CHALLENGE_UNREQUESTED,
}
"""What is recorded, and as what."""
_ACCOUNT: Final = "accounts/"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened there."""

    tag: Tag
    platform: str
    subject: str = field(repr=False)
    """An account's id; `links/{id}`; or `otp` for what operators did."""
    actor: str
    occur_time: str
    challenge: str
    what: str
    """What an operator did and why, in the operator's own words."""


def act_of(outcome: internal_pb2.Outcome) -> Act:
    """Reads an outcome of one of the kinds above."""
    return Act(
        tag=TAGS[outcome.kind],
        platform=outcome.platform,
        subject=outcome.subject.removeprefix(_ACCOUNT) or "otp",
        actor=outcome.actor or "peer:otp",
        occur_time=outcome.occur_time.ToDatetime(UTC).isoformat(),
        challenge=outcome.challenge,
        # A reason is free text: no number that somebody put there belongs into the trail.
        what=redact_text(outcome.detail),
    )


async def record(connection: AsyncConnection, acts: Collection[Act], now: datetime) -> None:
    """Writes down those of `acts` that are not on record yet."""
    fresh = dict.fromkeys(acts)
    if not fresh:
        return
    of = trail.entries.c
    known = await connection.execute(
        select(of.tag, of.platform, of.subject, of.actor, of.detail).where(
            tuple_(of.platform, of.subject).in_({(act.platform, act.subject) for act in fresh}),
            of.tag.in_({act.tag.value for act in fresh}),
        )
    )
    for row in known:
        told = {name: row.detail.get(name, "") for name in ("occur_time", "challenge", "what")}
        fresh.pop(Act(Tag(row.tag), row.platform, row.subject, row.actor, **told), None)
    await trail.write(connection, [_entry(act, now) for act in fresh])


def _entry(act: Act, now: datetime) -> Entry:
    detail = {"occur_time": act.occur_time, "challenge": act.challenge, "what": act.what}
    return Entry(
        tag=act.tag,
        time=now,
        platform=act.platform,
        subject=act.subject,
        actor=act.actor,
        request_id="",
        trace_id="",
        detail={name: value for name, value in detail.items() if value},
    )
