"""Writes what was found of accounts and what follows from it, in one transaction of the caller's.

A finding follows once: its row is written with what it led to, and whoever brings it again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import BigInteger, Text

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import sql_claims
from xacthuc.identity.adapters.account_rows import LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.reconciliation.tables import reconciliation_findings, reconciliations
from xacthuc.identity.adapters.tables import accounts, evidence, outbox, personal_id_checks, trail
from xacthuc.identity.commands import Order
from xacthuc.identity.domain.events import PASSED_ON
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.lifecycle import OF_PERSONAL_ID
from xacthuc.identity.domain.reconciliation import LOST, FindingKind, RunState, Tally, action_of, outdated
from xacthuc.policy import FindingAction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.domain.reconciliation import Finding, Run
    from xacthuc.policy.sections import Reconciliation
    from xacthuc.sql.columns import Json

Place = tuple[str, str]
"""How far a run is: the platform and the account it dealt with last. An import of lists counts its own way there."""

_OF_PHONES: Final = {EvidenceKind.PHONE: Tag.PHONE_LAPSED}
_OF_PERSONAL_IDS: Final = dict.fromkeys(OF_PERSONAL_ID, Tag.PERSONAL_ID_LAPSED)
_TAGS: Final[Mapping[EvidenceKind, Tag]] = {**_OF_PHONES, **_OF_PERSONAL_IDS}

_STANDING: Final = (
    select(evidence.c.id, evidence.c.verify_time)
    .join(accounts, and_(accounts.c.platform == evidence.c.platform, accounts.c.account == evidence.c.account))
    .where(
        accounts.c.life == Life.OPEN,
        evidence.c.platform == bindparam("of_platform"),
        evidence.c.account == any_(bindparam("account_ids", type_=ARRAY(Text))),
        evidence.c.id == any_(bindparam("evidence_ids", type_=ARRAY(BigInteger))),
        evidence.c.kind == EvidenceKind.PHONE,
        evidence.c.lapse_time.is_(None),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Part of a run: what was found between two places, and what was counted there."""

    after: Place
    """Where the run has to be for this to be its next part."""
    until: Place
    findings: Sequence[Finding]
    tally: Tally
    """Accounts and comparisons; findings are counted where they are written."""


@dataclass(frozen=True, slots=True)
class _Ordered:
    """A finding and what it leads to."""

    finding: Finding
    action: FindingAction
    applied: bool

    @property
    def key(self) -> tuple[str, str, str]:
        return self.finding.account_id, self.finding.kind.value, self.finding.source


class Findings:
    """What follows, by the rules of the policy."""

    def __init__(self, rules: Reconciliation) -> None:
        """Takes the rules."""
        self._rules = rules

    async def apply(
        self, connection: AsyncConnection, run: Run, page: Page, now: datetime
    ) -> list[tuple[str, list[str]]] | None:
        """Writes a page: findings, what they lead to, audit, events, counts and the place, all in this transaction.

        Returns the accounts that are others now, by platform, to be told after the commit; None when the run has ended or
        is at another place, as after a commit of whose success nobody heard: then nothing is written.
        """
        of = reconciliations.c
        wanted = select(of.state, of.done_platform, of.done_account, of.counts).where(of.run == run.run_id)
        row = (await connection.execute(wanted.with_for_update())).one_or_none()
        if row is None or row.state != RunState.RUNNING or (row.done_platform, row.done_account) != page.after:
            return None
        total = Tally(row.counts)
        total.add(page.tally)
        changed = await self.write(connection, run, page.findings, total, now)
        await connection.execute(
            update(reconciliations)
            .where(of.run == run.run_id)
            .values(counts=dict(total.counts), done_platform=page.until[0], done_account=page.until[1], update_time=now)
        )
        return changed

    async def write(
        self, connection: AsyncConnection, run: Run, findings: Iterable[Finding], total: Tally, now: datetime
    ) -> list[tuple[str, list[str]]]:
        """Writes findings and what follows from them, and counts both in `total`; returns what `apply` returns.

        For whoever keeps its own place, as an import of a list does.
        """
        changed = []
        by_platform = attrgetter("platform")
        for platform, found in groupby(sorted(findings, key=by_platform), key=by_platform):
            writing = _Writing(connection, run, order_of(run, platform), self._rules, total, now)
            concerned = await writing.write(list(found))
            if concerned:
                changed.append((platform, [*concerned, *await wards_of(connection, platform, concerned)]))
        return changed


@dataclass(frozen=True, slots=True)
class _Writing:
    """What a page found on one platform, as it is written."""

    connection: AsyncConnection
    run: Run
    order: Order
    rules: Reconciliation
    total: Tally
    now: datetime

    async def write(self, found: Sequence[Finding]) -> list[str]:
        """Returns the accounts of which something stands no longer."""
        actions = [(finding, action_of(finding.kind, self.rules)) for finding in found]
        changing = {finding.account_id for finding, action in actions if self._changes(action)}
        if changing:
            await lock_accounts(self.connection, self.order.platform, changing)
        standing = await self._standing(found)
        new = await self._insert(
            _Ordered(finding, action, self._changes(action) and _stands(finding, standing))
            for finding, action in actions
        )
        for one in new:
            self.total.find(one.finding.kind, one.action)
        if self.run.dry_run:
            return []
        await self._note([one for one in new if one.action is not FindingAction.NOTHING and not one.applied])
        return await self._end([one for one in new if one.applied])

    def _changes(self, action: FindingAction) -> bool:
        return action in LOST and not self.run.dry_run

    async def _standing(self, found: Sequence[Finding]) -> dict[int, datetime]:
        """Returns when those of the numbers were proven that still stand."""
        values = {
            "of_platform": self.order.platform,
            "account_ids": sorted({finding.account_id for finding in found}),
            "evidence_ids": sorted({finding.evidence_id for finding in found}),
        }
        return {row.id: row.verify_time for row in await self.connection.execute(_STANDING, values)}

    async def _insert(self, ordered: Iterable[_Ordered]) -> list[_Ordered]:
        """Returns those that nobody had brought before."""
        of = reconciliation_findings.c
        rows = {one.key: one for one in ordered}
        kept = await self.connection.execute(
            insert(reconciliation_findings)
            .values([self._row(one) for one in rows.values()])
            .on_conflict_do_nothing()
            .returning(of.account, of.kind, of.source)
        )
        return [rows[row.account, row.kind, row.source] for row in kept]

    def _row(self, one: _Ordered) -> dict[str, Any]:
        finding = one.finding
        return {
            "run": self.run.run_id,
            "platform": finding.platform,
            "account": finding.account_id,
            "kind": finding.kind,
            "source": finding.source,
            "observe_time": finding.observe_time,
            **{f"{name}_match": match for name, match in finding.sides.together.each()},
            **{f"{side}_{name}_match": match for side, said in finding.sides.each() for name, match in said.each()},
            "action": one.action,
            "applied": one.applied,
            "create_time": self.now,
        }

    async def _note(self, noted: Sequence[_Ordered]) -> None:
        entries = [
            entry(self.order, Tag.FINDING_NOTED, one.finding.account_id, self.now, self._detail([one])) for one in noted
        ]
        if entries:
            await trail.write(self.connection, entries)

    async def _end(self, applied: Sequence[_Ordered]) -> list[str]:
        """Ends what stands no longer, and tells of it as whatever else ends evidence does."""
        whose: dict[str, list[_Ordered]] = defaultdict(list)
        for one in applied:
            whose[one.finding.account_id].append(one)
        if not whose:
            return []
        lapsed: dict[str, set[Tag]] = defaultdict(set)
        for action in LOST:
            account_ids = [account for account, of in whose.items() if max(of, key=_severity).action is action]
            for row in await self._lapse(account_ids, LOST[action]):
                lapsed[row.account].add(_TAGS[EvidenceKind(row.kind)])
        concerned = sorted(lapsed)
        await touch(self.connection, self.order.platform, concerned, self.now)
        entries = [
            entry(self.order, tag, account, self.now, self._detail(whose[account]))
            for account in concerned
            for tag in sorted(lapsed[account])
        ]
        await trail.write(self.connection, entries)
        kind = EventKind.REVERIFICATION_REQUIRED
        told = [event(self.order, kind, each, self.now, _particulars(whose[each], lapsed[each])) for each in concerned]
        await outbox.append(self.connection, told)
        self.total.change(len(concerned))
        return concerned

    async def _lapse(self, account_ids: Sequence[str], kinds: frozenset[EvidenceKind]) -> Sequence[Row[Any]]:
        if not account_ids:
            return ()
        platform, reason = self.order.platform, LapseReason.RECONCILED
        if kinds & OF_PERSONAL_ID:
            of = personal_id_checks.c
            whose = (of.platform == platform, of.account.in_(account_ids))
            await self.connection.execute(delete(personal_id_checks).where(*whose))
        return await sql_claims.lapse(self.connection, platform, account_ids, kinds, reason=reason, now=self.now)

    def _detail(self, ordered: Iterable[_Ordered]) -> Json:
        found = [one.finding for one in ordered]
        return {
            "findings": " ".join(sorted({finding.kind for finding in found})),
            "sources": " ".join(sorted({finding.source for finding in found})),
            "reconciliation": self.run.run_id,
            "reason": LapseReason.RECONCILED,
        }


def _particulars(ordered: Iterable[_Ordered], lapsed: Collection[Tag]) -> Json:
    recycled = any(one.finding.kind is FindingKind.RECYCLED for one in ordered)
    return {PASSED_ON: True} if recycled and Tag.PHONE_LAPSED in lapsed else {}


def _stands(finding: Finding, standing: Mapping[int, datetime]) -> bool:
    verify_time = standing.get(finding.evidence_id)
    return verify_time is not None and not outdated(verify_time, finding.observe_time)


def _severity(one: _Ordered) -> int:
    return tuple(FindingAction).index(one.action)


def order_of(run: Run, platform: str) -> Order:
    """Returns on whose behalf a run does what it does."""
    return Order(
        platform=platform,
        method="StartReconciliation",
        request_id=run.run_id,
        payload="",
        actor=run.actor,
        trace_id="",
    )
