"""What the verbs work with. Built once, in `main.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from xacthuc.audit.reading import Notes
    from xacthuc.clock import Clock
    from xacthuc.identity.ports.accounts import Accounts
    from xacthuc.identity.ports.cases import Cases
    from xacthuc.identity.ports.duties import Duties
    from xacthuc.identity.ports.eid import Providers
    from xacthuc.identity.ports.events import Events
    from xacthuc.identity.ports.guardianships import Guardianships
    from xacthuc.identity.ports.holders import Holders
    from xacthuc.identity.ports.imports import Imports
    from xacthuc.identity.ports.jobs import HeldJobs
    from xacthuc.identity.ports.lifecycle import AccountList, Lifecycle
    from xacthuc.identity.ports.locks import LockList, Locks, Violations
    from xacthuc.identity.ports.number_lists import NumberLists
    from xacthuc.identity.ports.numbers import Proofs, Verifications
    from xacthuc.identity.ports.personal_ids import PersonalIds, SignIns
    from xacthuc.identity.ports.platforms import Platforms, Publication
    from xacthuc.identity.ports.reconciliation import Reconciliations
    from xacthuc.identity.ports.releases import Releases
    from xacthuc.identity.ports.retention import Evidence, Exports, Holds, Retention
    from xacthuc.identity.ports.search import AccountSearch
    from xacthuc.identity.ports.sessions import SessionLog
    from xacthuc.identity.ports.tokens import StandingTokens
    from xacthuc.identity.ports.transitions import Transitions
    from xacthuc.identity.usecases.standing import Standings
    from xacthuc.personal_id import PersonalIdScheme
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Action, Policy, Reason
    from xacthuc.settings import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Dependencies of all verbs."""

    clock: Clock
    policy: Policy
    plan: NumberPlan
    environment: Environment
    """Tells what kind of keys are made."""
    accounts: Accounts
    account_list: AccountList
    lifecycle: Lifecycle
    locks: Locks
    transitions: Transitions
    violations: Violations
    lock_list: LockList
    retention: Retention
    holds: Holds
    evidence: Evidence
    exports: Exports
    duties: Duties
    reconciliations: Reconciliations
    cases: Cases
    releases: Releases
    number_lists: NumberLists
    held_jobs: HeldJobs
    sessions: SessionLog
    verifications: Verifications
    imports: Imports
    search: AccountSearch
    record: Notes
    proofs: Proofs
    guardianships: Guardianships
    holders: Holders
    standings: Standings
    tokens: StandingTokens
    platforms: Platforms
    publication: Publication
    personal_ids: PersonalIds
    sign_ins: SignIns
    personal_id_scheme: PersonalIdScheme
    providers: Providers
    """Of electronic identification, and operators."""
    events: Events
    appended: Callable[[], None]
    """Called after a commit that wrote to the outbox or asked for a job, so that nobody waits for the next look."""
    decided: Callable[[Action, Reason, int], None] = lambda _action, _reason, _number: None
    """Told how many decisions about an action fell for a reason."""
    shield: Shield = field(default_factory=Shield)

    async def follow(self, platform: str, changed: Collection[str]) -> None:
        """Lets everybody know of a commit: readers of the outbox at once, and whoever decides about these accounts."""
        self.appended()
        await self.standings.forget(platform, changed)
