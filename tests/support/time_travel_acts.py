"""What happens on the way: each act does one thing by the service's own calls, and says what has a running clock from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from import_world import batch, row, run
from lock_world import LockWorld
from release_world import AN, BINH, Desk

from xacthuc.identity.commands import EndAccount, RecordSessions
from xacthuc.identity.domain.approvals import Step as Decision
from xacthuc.identity.domain.cases import CaseKind
from xacthuc.identity.domain.duties import Demand, Draft, Step
from xacthuc.identity.domain.number_lists import Batch, ListedNumber, NumberList
from xacthuc.identity.domain.reconciliation import NOTHING_KNOWN, FindingKind, Run, Source
from xacthuc.identity.domain.releases import Field
from xacthuc.identity.domain.sessions import Entry, EntryKind
from xacthuc.identity.ports.eid import Flow
from xacthuc.identity.ports.numbers import Settled
from xacthuc.identity.ports.personal_ids import BegunSignIn, NewSignIn
from xacthuc.identity.ports.retention import HoldOrder
from xacthuc.identity.usecases import (
    cases,
    duties,
    lifecycle,
    number_lists,
    numbers,
    reconciliation,
    releases,
    retention,
    sessions,
)

PLATFORM = "forum"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ORIGIN = bytes([203, 0, 113, 7]) + (50_000).to_bytes(2, "big")
DRAFT = Draft(nature="n", data_kinds="d", subject_count=3, consequences="c", measures="m", contact="k")


class Acts:
    """One deployment's callers. An act returns which kinds it begins, and notes in `starts` which of them begin later."""

    def __init__(self, bench: Any, desk: Desk) -> None:
        self.bench, self.identity, self.desk = bench, bench.identity, desk
        self.locks = LockWorld(bench)
        self.numbers: dict[str, str] = {}
        self._numbers = count().__next__
        self.open: dict[tuple[str, str], Any] = {}
        """What one act began and another ends: by which act, of whom."""
        self.starts: dict[tuple[str, str], Any] = {}
        """When clocks that do not run from the act on begin: by kind and account."""
        self.fetched: dict[str, Any] = {}
        """When documents were fetched, or their release closed: from then on they are there for minutes, or not at all."""

    @property
    def now(self):
        return self.bench.clock.now()

    def order(self):
        return self.bench.order(uuid4().hex, "M")

    async def register(self, account: str):
        await self.bench.register(account)
        return {"REQUEST", "EVENT", "AUDIT", "WEBHOOK_DELIVERY"}

    async def child(self, account: str):
        await self.bench.register(account, (2024, 1, 2))
        return {"PENDING"}

    async def verify(self, account: str):
        """Proves a number, which takes the place of the one before."""
        return await self._prove(account, f"+8491{self._numbers():07d}")

    async def take_over(self, account: str):
        """Proves a number that somebody else stands on, and no longer does."""
        former, number = f"former-{uuid4().hex}", f"+8491{self._numbers():07d}"
        await self.bench.register(former)
        await self._prove(former, number)
        return await self._prove(account, number) | {"NUMBER_MOVE", "LAPSED_EVIDENCE"}

    async def _prove(self, account: str, number: str):
        changes, order = account in self.numbers, self.order()
        await self.identity.verifications.begin(order, account, self.now)
        proof = self.bench.proof(account, number)
        settled = await numbers.settle(self.identity, order, account, proof, change=changes)
        assert isinstance(settled, Settled), settled
        self.numbers[account] = number
        return {"PROOF", "LAPSED_EVIDENCE"} if changes else {"PROOF"}

    async def lock(self, account: str):
        await self.locks.lock(account)
        return set()

    async def unlock(self, account: str):
        await self.locks.unlock(account)
        return {"ENDED_LOCK"}

    async def lock_for_days(self, account: str):
        self.starts["ENDED_LOCK", account] = self.starts["LOCK_IDENTITY", account] = self.now + 9 * DAY
        await self.locks.lock(account, days=9)
        return {"ENDED_LOCK", "LOCK_IDENTITY"}

    async def violate(self, account: str):
        await self.locks.violate(account)
        return {"VIOLATION"}

    async def sign_in(self, account: str):
        self.starts["SIGN_IN", account] = self.now + 10 * MINUTE
        flow = Flow(state=uuid4().hex, nonce="", code_verifier="", redirect_uri="")
        begun = BegunSignIn(authorization_uri="", state=flow.state, expire_time=self.now + 10 * MINUTE)
        new = NewSignIn(provider="eid", flow=flow, answer=begun, confirmation=None)
        await self.identity.sign_ins.begin(self.order(), account, new, self.now)
        return {"SIGN_IN"}

    async def log_in(self, account: str):
        entry = Entry(account, EntryKind.LOG_IN, round(self.now.timestamp() * 1_000_000), ORIGIN, "")
        await sessions.record_sessions(self.identity, RecordSessions(order=self.order(), read=[entry]))
        return {"SESSION"}

    async def close(self, account: str):
        command = EndAccount(order=self.bench.order(account, "CloseAccount"), account_id=account)
        await lifecycle.close_account(self.identity, command)
        return {"ACCOUNT"}

    async def erase(self, account: str):
        command = EndAccount(order=self.bench.order(account, "EraseAccount"), account_id=account)
        await lifecycle.erase_account(self.identity, command)
        return {"ACCOUNT"}

    async def bring(self, _account: str):
        await run(self.identity, batch(PLATFORM, [row(f"brought-{uuid4().hex}")]))
        return {"IMPORT_BATCH"}

    async def hold(self, account: str):
        """Returns the hold, or None where it came too late or too early for the account."""
        wanted = HoldOrder(
            authority="A05", legal_basis="Law 116/2025 Art. 25", reference="1/CV", review_time=self.now + 900 * DAY
        )
        placed = await retention.place_hold(self.identity, self.order(), wanted, [account])
        return None if account in placed.not_held else placed.hold.hold_id

    async def release(self, hold: str):
        await retention.release_hold(self.identity, self.order(), hold, "no longer needed")

    async def demand(self, account: str):
        opened = await duties.open_request(
            self.identity, self.order(), account, Demand.ACCESS, self.now, elsewhere=False
        )
        self.open["demand", account] = opened.request_id
        return set()

    async def answer(self, account: str):
        name = self.open.pop(("demand", account))
        await duties.advance_request(self.identity, self.order(), name, Step.FULFIL, "")
        return {"SUBJECT_REQUEST"}

    async def breach(self, account: str):
        opened = await duties.open_breach(self.identity, self.order(), self.now, DRAFT)
        self.open["breach", account] = opened.breach_id
        return set()

    async def notify(self, account: str):
        await duties.notify_breach(self.identity, self.order(), self.open.pop(("breach", account)), "15/TB")
        return {"BREACH"}

    async def case(self, account: str):
        opened = await cases.open_case(
            self.identity, self.order(), CaseKind.TAKEDOWN, "1/CV", self.now, emergency=False
        )
        self.open["case", account] = opened.case_id
        return set()

    async def dealt_with(self, account: str):
        await cases.close_case(self.identity, self.order(), self.open.pop(("case", account)), "done")
        return {"CASE"}

    async def reconcile(self, account: str):
        run_id = uuid4().hex
        started = Run(
            run_id=run_id,
            platform=PLATFORM,
            sources=(Source.NUMBER_RECYCLING,),
            dry_run=True,
            per_second=1,
            actor="operator:an",
            create_time=self.now,
            update_time=self.now,
        )
        await self.identity.reconciliations.start(self.order(), started)
        self.open["run", account] = run_id
        return set()

    async def cancel(self, account: str):
        await reconciliation.cancel(self.identity, self.order(), self.open.pop(("run", account)))
        return {"RECONCILIATION"}

    async def list_begins(self, account: str):
        """A list of an operator, of which the last rows come with another act."""
        given = NumberList(
            list_id=str(uuid4()),
            digest="0" * 64,
            kind=FindingKind.BLOCKED,
            source="viettel",
            dry_run=False,
            actor="operator:an",
            create_time=self.now,
            update_time=self.now,
        )
        self.open["list", account] = given
        return await self._take(given, 0, self.numbers[account], complete=False) | {"FINDING"}

    async def list_ends(self, account: str):
        given = replace(self.open.pop(("list", account)), update_time=self.now)
        await self._take(given, 1, "+84903999999", complete=True)
        self.starts["NUMBER_LIST", given.list_id] = self.now
        return set()

    async def _take(self, given: NumberList, first: int, number: str, *, complete: bool):
        listed = ListedNumber(number=number, observe_time=self.now, verdicts=NOTHING_KNOWN, sim_count=0)
        rows = Batch(first_row=first, row_count=1, numbers=((first, listed),), complete=complete)
        await number_lists.import_findings(self.identity, self.order(), given, rows)
        return {"NUMBER_LIST"}

    async def released(self, account: str):
        """Two officers agree, and one of them fetches what was made."""
        release = await self.desk.record(account, fields=(Field.FULL_NAME,))
        await self.desk.make(release)
        self.fetched[release.release_id] = self.now + 10 * MINUTE
        await self.desk.fetch(release)
        return {"RELEASE", "RELEASE_DOCUMENT", "APPROVAL"}

    async def made(self, account: str):
        """Two officers agree, and nobody fetches it."""
        self.open["release", account] = release = await self.desk.record(account, fields=(Field.FULL_NAME,))
        await self.desk.make(release)
        return {"RELEASE_DOCUMENT", "APPROVAL"}

    async def withdrawn(self, account: str):
        release = self.open.pop(("release", account))
        self.fetched[release.release_id] = self.now
        await releases.close(self.identity, self.order(), release.release_id, "taken back")
        return {"RELEASE"}

    async def refuse(self, account: str):
        """The second officer says no, and the request of the authority is closed."""
        release = await self.desk.record(account, fields=(Field.FULL_NAME,))
        approval = await self.desk.propose(release, operator=AN)
        await self.desk.decide(approval, Decision.REFUSE, BINH)
        await releases.close(self.identity, self.order(), release.release_id, "refused")
        return {"APPROVAL", "RELEASE"}
