"""What an authority asks for of accounts, and what two people release of it: a pure machine (R44).

OPEN ──two people──▶ READY ──one of them fetches──▶ RELEASED
  ▲ └── close ─▶ CLOSED ◀── close ──┘ │
  └───────── nobody fetches in time ──┘

It is due until it is released or closed: what was made and not fetched reached no authority.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.policy import Policy

LARGEST_BYTES = 7 * 512 * 1024
"""Of a document. Clients take messages of 4 MiB, and the request stands beside it."""


class Field(StrEnum):
    """What may be asked for, of each account. The contract carries the same names."""

    FULL_NAME = "FULL_NAME"
    BIRTH_DATE = "BIRTH_DATE"
    PHONE_NUMBERS = "PHONE_NUMBERS"
    PERSONAL_IDS = "PERSONAL_IDS"
    ACCOUNT_STATE = "ACCOUNT_STATE"
    CONSENTS = "CONSENTS"
    LOCKS = "LOCKS"
    VIOLATIONS = "VIOLATIONS"
    GUARDIANS = "GUARDIANS"
    SESSIONS = "SESSIONS"


class ReleaseState(StrEnum):
    """How far a release has come. The contract carries the same names."""

    OPEN = "OPEN"
    READY = "READY"
    RELEASED = "RELEASED"
    CLOSED = "CLOSED"


class ReleaseBar(StrEnum):
    """Why a step is not taken."""

    NOT_REQUESTED = "NOT_REQUESTED"
    """A field that the authority did not ask for."""
    NOT_MADE = "NOT_MADE"
    """There is no document: nobody granted it, or nobody fetched it in time."""
    READY = "READY"
    """A document waits to be fetched."""
    RELEASED = "RELEASED"
    """It was fetched."""
    CLOSED = "CLOSED"
    """It was closed without a release."""
    TOO_LARGE = "TOO_LARGE"
    """The document would not fit in one answer, so that none is made, or one of before is not handed out."""
    NOT_OF_TWO = "NOT_OF_TWO"
    """Neither who proposed it nor who granted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demanded:
    """What an authority wants, and on what it rests."""

    accounts: tuple[str, ...] = field(repr=False)
    authority: str
    legal_basis: str
    reference: str
    """Number and date of the written document."""
    receive_time: datetime
    emergency: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A document, and the two people who had it made."""

    approval: str
    proposer: str
    approver: str
    fields: tuple[Field, ...]
    time: datetime
    fetch_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """That a document left the service."""

    operator: str
    request_id: str
    time: datetime
    repeat_until: datetime
    """Until when the same call gets it again: the answer may have been lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A request of an authority, and what became of it."""

    platform: str
    release_id: str
    demanded: Demanded
    due_time: datetime
    create_time: datetime
    made: Made | None = None
    """The last one; an earlier one that nobody fetched is in the audit trail."""
    fetched: Fetched | None = None
    close_time: datetime | None = None
    close_reason: str = ""

    def state_at(self, now: datetime) -> ReleaseState:
        """Returns its state at `now`."""
        if self.close_time is not None:
            return ReleaseState.CLOSED
        if self.fetched is not None:
            return ReleaseState.RELEASED
        return ReleaseState.OPEN if self.made is None or now >= self.made.fetch_until else ReleaseState.READY

    @property
    def destroy_time(self) -> datetime | None:
        """When the document is to be destroyed; None when there never was one."""
        if self.made is None:
            return None
        if self.close_time is not None:
            return self.close_time
        return self.made.fetch_until if self.fetched is None else self.fetched.repeat_until


_ENDED = {ReleaseState.RELEASED: ReleaseBar.RELEASED, ReleaseState.CLOSED: ReleaseBar.CLOSED}


def recorded(platform: str, release_id: str, demanded: Demanded, policy: Policy, now: datetime) -> Release:
    """Returns a request as it was received, with its time."""
    hours = policy.duties.release_emergency_hours if demanded.emergency else policy.duties.release_hours
    return Release(
        platform=platform,
        release_id=release_id,
        demanded=demanded,
        due_time=demanded.receive_time + timedelta(hours=hours),
        create_time=now,
    )


def bar_to_making(release: Release, fields: tuple[Field, ...], now: datetime) -> ReleaseBar | None:
    """Returns why no document of these fields is made; None when one may be."""
    state = release.state_at(now)
    if state is ReleaseState.READY:
        return ReleaseBar.READY
    if bar := _ENDED.get(state):
        return bar
    return None if set(fields) <= set(release.demanded.fields) else ReleaseBar.NOT_REQUESTED


def made(release: Release, made: Made) -> Release | ReleaseBar:
    """Returns the release with a document. The same approval makes one, however often it is carried out."""
    if release.made is not None and release.made.approval == made.approval:
        return release
    return bar_to_making(release, made.fields, made.time) or replace(release, made=made)


def fetched(release: Release, fetched: Fetched) -> Release | ReleaseBar:
    """Returns the release after a fetch: of one of the two people, once, and again for the same call for some minutes."""
    before = release.fetched
    if release.made is None:
        return _ENDED.get(release.state_at(fetched.time), ReleaseBar.NOT_MADE)
    if fetched.operator not in {release.made.proposer, release.made.approver}:
        return ReleaseBar.NOT_OF_TWO
    if release.close_time is not None:
        return ReleaseBar.CLOSED
    if before is not None:
        same = (before.operator, before.request_id) == (fetched.operator, fetched.request_id)
        return release if same and fetched.time < before.repeat_until else ReleaseBar.RELEASED
    return ReleaseBar.NOT_MADE if fetched.time >= release.made.fetch_until else replace(release, fetched=fetched)


def closed(release: Release, reason: str, now: datetime) -> Release | ReleaseBar:
    """Returns the release after it was ended without a release."""
    bar = _ENDED.get(release.state_at(now))
    return bar or replace(release, close_time=now, close_reason=reason)
