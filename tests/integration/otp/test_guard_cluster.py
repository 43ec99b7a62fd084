"""The fraud guard over a Cluster: each subject has a slot of its own, and what belongs to it is in there with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from xacthuc.clock import FixedClock
from xacthuc.otp.adapters.valkey_guard import ValkeyGuard
from xacthuc.otp.adapters.valkey_guard_subjects import ValkeyGuardSubjects
from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
from xacthuc.otp.delivery.adapters.valkey_guard_fold import GuardCredits
from xacthuc.otp.domain.guard import GuardRules, Subject, Verdict
from xacthuc.policy import Policy
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from xacthuc.embedded import ValkeyCluster

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

MESSAGES = 21


async def test_messages_are_counted_credited_listed_and_exempted(
    valkey_cluster: ValkeyCluster, clock: FixedClock
) -> None:
    store, now_ms = await Store.connect(valkey_cluster.url), clock.now_ms()
    rules = replace(GuardRules.of(Policy.load().guard), enforced=True, record_ms=0)
    told: list[Verdict | None] = []
    guard = ValkeyGuard(
        store=store,
        rules=rules,
        life=1,
        clock_tolerance_ms=0,
        let_through=lambda: told.append(None),
        told=lambda decision: told.append(decision.verdict),
    )
    subjects = ValkeyGuardSubjects(store=store, rules=rules, life=1, clock_tolerance_ms=0)
    try:
        for _ in range(MESSAGES):
            await guard.watch("viettel", "farm", now_ms).decision()
        assert told == [Verdict.PASSED] * (MESSAGES - 1) + [Verdict.CHALLENGED]

        exempted = await subjects.exempt(
            Subject.parse("prefix:farm"), "a factory", now_ms + 1000, now_ms, actor="peer:cli"
        )
        assert exempted.decision.verdict is Verdict.EXEMPTED

        entered = {b"k": b"VERIFIED", b"c": b"x", b"t": b"0", b"pv": b"", b"op": b"viettel", b"px": b"farm"}
        entered |= {b"cr": str(now_ms).encode(), b"sn": b"1"}
        folder = GuardCredits(store=store, clock=clock, life=1, clock_tolerance_ms=0)
        await folder.fold([OutcomeRow(7, f"{now_ms}-0", entered)])
        listed = await subjects.all(now_ms, only_exceeding=False)
        assert [(str(each.subject), each.decision.verdict) for each in listed] == [
            ("prefix:farm", Verdict.PASSED),
            ("operator:viettel", Verdict.PASSED),
        ]
    finally:
        await store.close()
