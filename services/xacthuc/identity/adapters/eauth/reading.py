"""What a provider's answer means, by the rules of its file. Whatever is not recognised confirms nobody.

Owns judgement alone: pure, total over all documents, without connections. The same rules read replies and reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from xacthuc.identity.adapters.eauth.rules import Meaning, TimeFormat
from xacthuc.identity.adapters.eauth.template import at
from xacthuc.identity.adapters.remote.spelling import date_of
from xacthuc.identity.ports.eid import Confirmation, Pending, Refused

if TYPE_CHECKING:
    from datetime import date

    from xacthuc.identity.adapters.eauth.eauth_file import EauthFile
    from xacthuc.identity.adapters.eauth.rules import Rule
    from xacthuc.identity.adapters.remote.exchange import Reply

_REFUSALS: Final = {
    Meaning.NOT_CONFIRMED: Refused.NOT_CONFIRMED,
    Meaning.DENIED: Refused.DENIED,
    Meaning.EXPIRED: Refused.EXPIRED,
}
_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a provider's clock may be ahead of ours."""

OLDEST: Final = timedelta(days=30)
"""How long ago a confirmation may have been made: requests are repeatable for 30 days, so a repetition may find one
that old. An older one was somebody else's act."""

_MOST_LEVEL: Final = 64
_MOST_TRANSACTION_ID: Final = 128
_MOST_NAME: Final = 200
_LONGEST_RETRY_SECONDS: Final = 3600


class Fault(StrEnum):
    """Why an answer says nothing of the person."""

    UNCLEAR = "unclear"
    """No rule fits, or what a rule promises is not there."""
    ANOTHER = "another"
    """It is about another request or person."""
    DOWN = "down"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    CREDENTIALS = "credentials_refused"
    REQUEST = "request_refused"
    """One request is not to its liking, which says nothing of others."""


@dataclass(frozen=True, slots=True)
class About:
    """What an answer should be about, as far as it is known."""

    request_id: str = ""
    personal_id: str = field(default="", repr=False)
    transaction_id: str = ""


# Statuses that say something by themselves (RFC 9110 section 15, RFC 6585 section 4).
_STATUSES: Final = {
    401: Fault.CREDENTIALS,
    403: Fault.CREDENTIALS,
    407: Fault.CREDENTIALS,
    429: Fault.THROTTLED,
    503: Fault.UNAVAILABLE,
}
_CLIENT_ERRORS: Final = range(400, 500)


def read(described: EauthFile, reply: Reply, about: About, now: datetime) -> Confirmation | Refused | Pending | Fault:
    """Judges one answer that came at `now`."""
    rule = next((rule for rule in described.answer if _fits(rule, reply)), None)
    if rule is None:
        return _STATUSES.get(reply.status, Fault.REQUEST if reply.status in _CLIENT_ERRORS else Fault.UNCLEAR)
    if rule.means is Meaning.DOWN:
        return Fault.DOWN
    if _is_of_another(described, reply.document, about, confirms=rule.means is Meaning.CONFIRMED):
        return Fault.ANOTHER
    if rule.means in _REFUSALS:
        return _REFUSALS[rule.means]
    return _unfinished_or_confirmed(described, reply, about, now, pending=rule.means is Meaning.PENDING)


def transaction_of(described: EauthFile, document: object) -> str | None:
    """Returns the transaction an answer is about; None when there is none that can be kept."""
    found = at(document, described.answers.transaction_id)
    return found if found is not None and is_transaction_id(found) else None


def is_transaction_id(text: str) -> bool:
    """Tells whether `text` can be an id: short, visible ASCII, and not a step of a path that no quoting hides."""
    return (
        0 < len(text) <= _MOST_TRANSACTION_ID
        and text.isascii()
        and text.isprintable()
        and " " not in text
        and text not in {".", ".."}
    )


def _fits(rule: Rule, reply: Reply) -> bool:
    if rule.status and reply.status not in rule.status:
        return False
    return all(at(reply.document, path) in values for path, values in rule.where.items())


def _is_of_another(described: EauthFile, document: object, about: About, *, confirms: bool) -> bool:
    paths = described.answers
    if confirms and paths.request_id and about.request_id and at(document, paths.request_id) is None:
        return True
    told_and_expected = (
        (paths.request_id, about.request_id),
        (paths.personal_id, about.personal_id),
        (paths.transaction_id, about.transaction_id),
    )
    return any(path and expected and at(document, path) not in {None, expected} for path, expected in told_and_expected)


def _unfinished_or_confirmed(
    described: EauthFile, reply: Reply, about: About, now: datetime, *, pending: bool
) -> Confirmation | Refused | Pending | Fault:
    # What was asked for by its transaction need not be told it again.
    transaction_id = transaction_of(described, reply.document) or about.transaction_id
    # A number in a transaction's place would end up in addresses and records.
    if not transaction_id or (about.personal_id and about.personal_id in transaction_id):
        return Fault.UNCLEAR
    if pending:
        return Pending(transaction_id, _wait_seconds(described, reply))
    return _confirmation(described, reply.document, transaction_id, now)


def _confirmation(
    described: EauthFile, document: object, transaction_id: str, now: datetime
) -> Confirmation | Refused | Fault:
    paths = described.answers
    level = paths.fixed_level or at(document, paths.level)
    confirmed_at = _time(described, document, now) if paths.time else now
    if level is None or confirmed_at is None or len(level) > _MOST_LEVEL or not level.isprintable():
        return Fault.UNCLEAR
    if paths.levels and level not in paths.levels:
        return Refused.NOT_CONFIRMED
    name, birth = _told_name(document, paths.full_name), _told_birth_date(described, document)
    if isinstance(name, Fault) or isinstance(birth, Fault):
        return Fault.UNCLEAR
    return Confirmation(
        provider=described.name,
        level=level,
        transaction_id=transaction_id,
        confirm_time=confirmed_at,
        personal_id=at(document, paths.personal_id) if paths.personal_id else None,
        full_name=name,
        birth_date=birth,
    )


def _told_name(document: object, path: str) -> str | Fault | None:
    told = at(document, path) if path else None
    if told is not None and (len(told) > _MOST_NAME or not told.isprintable()):
        return Fault.UNCLEAR
    return told


def _told_birth_date(described: EauthFile, document: object) -> date | Fault | None:
    paths = described.answers
    told = at(document, paths.birth_date) if paths.birth_date else None
    if told is None:
        return None
    return date_of(told, paths.birth_date_format) or Fault.UNCLEAR


def _time(described: EauthFile, document: object, now: datetime) -> datetime | None:
    paths = described.answers
    told = at(document, paths.time)
    moment = _moment(told, paths.time_format) if told is not None else None
    return moment if moment is not None and now - OLDEST <= moment <= now + CLOCK_TOLERANCE else None


def _moment(told: str, form: TimeFormat) -> datetime | None:
    try:
        if form in {TimeFormat.UNIX, TimeFormat.UNIX_MS}:
            return datetime.fromtimestamp(float(told) / (1000 if form is TimeFormat.UNIX_MS else 1), UTC)
        written = datetime.fromisoformat(told)
        if (written.tzinfo is None) != (form is TimeFormat.VIETNAM):
            return None
        return (written if written.tzinfo else written.replace(tzinfo=_VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # no time, or one beyond the calendar or the platform's C library
        return None


def _wait_seconds(described: EauthFile, reply: Reply) -> float:
    told = at(reply.document, described.answers.retry_after) if described.answers.retry_after else None
    seconds = reply.retry_after_seconds or (int(told) if told and told.isascii() and told.isdigit() else 0)
    return float(min(seconds or described.poll.every_seconds, _LONGEST_RETRY_SECONDS))
