"""Accounts with numbers, an operator that is asked about them, and whoever carries runs out."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fake_carrier import number
from import_world import batch, phone, row, run

from xacthuc.clock import SystemClock
from xacthuc.identity.adapters.kyc import kyc_file
from xacthuc.identity.adapters.kyc.subscribers import opened_operator
from xacthuc.identity.adapters.reconciliation.findings import Findings
from xacthuc.identity.adapters.reconciliation.reading import Numbers
from xacthuc.identity.adapters.reconciliation.runner import Reconciling
from xacthuc.identity.commands import EndAccount
from xacthuc.identity.domain.reconciliation import FindingKind, Source
from xacthuc.identity.ports.eid import Providers
from xacthuc.identity.usecases import lifecycle, reconciliation
from xacthuc.identity.usecases.number_questions import NumberQuestions

PLATFORM = "forum"
PAGE = 8


def accounts_of(count: int) -> dict[str, str]:
    """Returns numbers by account, in the order in which a run goes over them."""
    return {f"u{at:06d}": number(91_000_000 + at) for at in range(count)}


class World:
    """What tests of runs hold in their hands."""

    def __init__(self, bench: Any, engine: Any) -> None:
        self.bench, self.engine = bench, engine
        self.carrier: Any = None
        self.identity = bench.identity
        self.told: list[tuple[str, tuple[str, ...]]] = []

    def runner(self, *, page: int = PAGE):
        async def changed(platform, account_ids):
            self.told.append((platform, tuple(account_ids)))
            await self.identity.follow(platform, account_ids)

        return Reconciling(
            self.engine,
            Numbers(self.engine, self.bench.keys, page=page),
            Findings(self.identity.policy.reconciliation),
            self.bench.clock,
            questions=lambda run: NumberQuestions(self.identity, run, longest_wait=timedelta(milliseconds=20)),
            changed=changed,
        )

    async def start(self, *sources, platform="", dry_run=False, per_second=0):
        order = replace(self.bench.order("", "StartReconciliation"), platform=platform)
        sources = sources or tuple(Source)
        return await reconciliation.start(self.identity, order, sources, per_second, dry_run=dry_run)

    async def run(self, *sources, **how):
        started = await self.start(*sources, **how)
        await self.runner().work()
        return await reconciliation.get(self.identity, started.run_id)

    async def close(self, account):
        order = self.bench.order(account, "CloseAccount")
        await lifecycle.close_account(self.identity, EndAccount(order=order, account_id=account))

    async def findings(self, made):
        page, _ = await reconciliation.list_findings(self.identity, made.run_id, None, None, 1000)
        return page


@asynccontextmanager
async def opened_world(
    bench: Any, accepting: Any, engine: Any, file: Path, accounts: dict[str, str]
) -> AsyncIterator[World]:
    """Imports accounts with their numbers; the operator is the one that the file describes, and is not spared."""
    rows = [row(account, phone=phone(one)) for account, one in accounts.items()]
    await run(accepting, *(batch(PLATFORM, rows[at : at + 1000]) for at in range(0, len(rows), 1000)))
    async with opened_operator(kyc_file.read(file), SystemClock(), lambda _what: lambda _said, _took: None) as operator:
        policy = bench.identity.policy
        fast = replace(policy.reconciliation, most_per_second=100_000, tries=50)
        bench.identity = replace(
            bench.identity,
            policy=replace(policy, reconciliation=fast),
            providers=Providers(
                subscribers=(operator.kyc,), recycling=(operator.recycling,), sim_swaps=(operator.sim_swaps,)
            ),
        )
        yield World(bench, engine)


def counted(tally):
    """Returns a tally as the operator would count it."""
    counts = Counter({name: tally.of(name) for name in ("CHECKED", "MATCHED", "FOUND", "UNKNOWN", "SKIPPED")})
    for name, count in tally.counts.items():
        kind = name.partition("/")[0]
        if kind in set(FindingKind):
            counts[kind] += count
    return +counts
