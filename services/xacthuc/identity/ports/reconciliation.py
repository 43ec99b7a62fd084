"""Runs over accounts that stand on a number, and what they found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.reconciliation import FindingKind, Run, Sides, Verdicts
    from xacthuc.policy import FindingAction

    Key = tuple[str, str, str, str]
    """Of a finding within its run: platform, account, kind, source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding as it is on record."""

    platform: str
    account_id: str = field(repr=False)
    kind: FindingKind
    source: str
    observe_time: datetime
    verdicts: Verdicts
    """What the sides said together."""
    sides: Sides
    """Of one that was found before each side was written down, nobody's."""
    action: FindingAction
    applied: bool
    create_time: datetime

    @property
    def key(self) -> Key:
        """By what it is found again."""
        return self.platform, self.account_id, self.kind.value, self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An account that stands on a number, opened to be asked about."""

    platform: str
    account_id: str = field(repr=False)
    evidence_id: int
    """The PHONE evidence."""
    number: str = field(repr=False)
    """E.164, in clear."""
    verify_time: datetime
    full_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    personal_id: str = field(repr=False)
    """Empty where none is known."""
    identity: Verdicts
    """What the identity record says of what the holder declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Some accounts of a run, in its order."""

    subjects: tuple[Subject, ...]
    skipped: int
    """Accounts between them that ended or cannot be opened."""
    until: tuple[str, str]
    """Platform and account of the last one."""


class Reconciliations(Protocol):
    """Keeps runs. Starts, ends and what is resumed are audited, and once per request id."""

    async def start(self, order: Order, run: Run) -> Run | None:
        """Keeps a run; None when its platform does not exist."""
        ...

    async def get(self, run_id: str) -> Run | None:
        """Returns a run."""
        ...

    async def runs(self, after: str, limit: int) -> list[Run]:
        """Returns up to `limit` runs behind the one called `after`, newest first."""
        ...

    async def cancel(self, order: Order, run_id: str, now: datetime) -> Run | None:
        """Ends a run where it is; of one that has ended nothing changes. None when there is none."""
        ...

    async def resume(self, order: Order, run_id: str, now: datetime) -> tuple[Run, bool] | None:
        """Has a run that failed go on from where it was.

        Returns the run and whether this request did so, now or before: of a run that did not fail nothing changes. None
        when there is none.
        """
        ...

    async def findings(self, run_id: str, kind: FindingKind | None, after: Key | None, limit: int) -> list[Found]:
        """Returns up to `limit` findings of a run behind `after`, by key."""
        ...
