"""Imports on a real PostgreSQL: what is kept of each row, what is never overwritten, and what a repetition does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from import_world import ACCEPTED, batch, phone, row, run, verdicts
from lock_world import AN, LockWorld
from sqlalchemy import update

from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.identity.adapters.tables import accounts
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.import_rows import ImportedTransition, Judge, microseconds
from xacthuc.identity.domain.importing import Outcome, PhoneOutcome
from xacthuc.identity.domain.registration import Fault
from xacthuc.identity.ports.imports import JudgedBatch
from xacthuc.policy import Action, Reason
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
NUMBER = "+84912345678"


async def one(identity, *rows):
    """Imports one batch and returns its verdicts."""
    (answer,) = await run(identity, batch(PLATFORM, rows))
    return verdicts(answer)


async def test_an_account_is_kept_with_its_consent_and_may_do_nothing_gated_before_a_number_is_proven(bench, look):
    (verdict,) = await one(bench.identity, row("u1"))

    assert verdict.outcome is Outcome.IMPORTED
    assert verdict.state is State.UNVERIFIED
    assert (await bench.check("u1", Action.POST)).reason is Reason.NOT_VERIFIED
    assert await look("SELECT kind, text_version, accept_time FROM identity.consents") == [
        ("REGISTRATION", "2025-01", ACCEPTED)
    ]


@pytest.mark.rule("R10")
@pytest.mark.parametrize("missing", [{"name": ""}, {"born": None}, {"name": "", "born": None}])
async def test_an_account_without_its_details_is_kept_and_does_nothing_gated_until_they_are_given(
    accepting, bench, missing
):
    (verdict,) = await one(accepting, row("u1", **missing, phone=phone(NUMBER)))

    assert verdict.outcome is Outcome.IMPORTED
    assert verdict.state is State.UNVERIFIED
    assert (await bench.check("u1", Action.POST)).reason is Reason.DETAILS_REQUIRED


@pytest.mark.rule("R15")
async def test_of_a_child_only_the_birth_date_is_kept_until_a_guardian_answers(accepting, bench, look):
    now = bench.clock.now()
    (verdict,) = await one(accepting, row("kid", born=(2015, 6, 1), phone=phone(NUMBER)))

    assert verdict.state is State.PENDING_GUARDIAN
    assert verdict.phone is PhoneOutcome.CHILD
    ((person, person_index, purge_time),) = await look("SELECT person, person_index, purge_time FROM identity.accounts")
    kept = (await bench.keys.get(PLATFORM, "kid")).person(person)
    assert (kept.full_name, str(kept.birth_date)) == ("", "2015-06-01")
    assert person_index is None
    assert purge_time == now + timedelta(days=30)
    assert await look("SELECT kind, key, due_time FROM identity.jobs") == [("PURGE", "forum/kid", purge_time)]
    assert await look("SELECT * FROM identity.evidence") == []
    assert (await bench.check("kid", Action.POST)).reason is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R1")
async def test_a_number_that_the_platform_had_verified_counts_for_nothing_unless_the_policy_says_so(bench, look):
    (verdict,) = await one(bench.identity, row("u1", phone=phone(NUMBER)))

    assert verdict.phone is PhoneOutcome.NOT_ACCEPTED
    assert verdict.state is State.UNVERIFIED
    assert await look("SELECT * FROM identity.evidence") == []
    assert await look("SELECT * FROM identity.number_claims") == []


async def test_a_number_that_the_policy_accepts_verifies_the_account_from_when_it_was_proven(accepting, bench):
    (verdict,) = await one(accepting, row("u1", phone=phone("0912 345 678")))

    account = await bench.identity.accounts.get(PLATFORM, "u1")
    assert verdict.state is State.VERIFIED
    assert (await bench.check("u1", Action.POST)).allowed
    assert account.masked_number == "+84 91 *** **78"
    assert [(e.kind, e.source, e.verify_time) for e in account.evidence] == [
        (EvidenceKind.PHONE, "import/sms_code", ACCEPTED)
    ]


async def test_a_faulty_row_costs_no_other(bench):
    verdicts_ = await one(
        bench.identity,
        row("a"),
        row("b", born=(2999, 1, 1)),
        row("c", faults=(Fault("account_id", "must not look like a phone number", "ACCOUNT_ID_NOT_PERSONAL"),)),
        row("a", name="Somebody Else"),
        row("d"),
    )

    assert [verdict.outcome.value for verdict in verdicts_] == ["IMPORTED", "REFUSED", "REFUSED", "REFUSED", "IMPORTED"]
    assert [[fault.reason for fault in verdict.faults] for verdict in verdicts_] == [
        [], ["IN_FUTURE"], ["ACCOUNT_ID_NOT_PERSONAL"], ["DUPLICATE"], [],
    ]  # fmt: skip


async def test_a_batch_of_faulty_rows_alone_is_answered_as_any_other(bench):
    assert [verdict.outcome for verdict in await one(bench.identity, row("a", name="\x07"))] == [Outcome.REFUSED]


async def test_an_account_that_exists_is_never_overwritten(bench):
    await one(bench.identity, row("u1"))
    (other,) = await one(bench.identity, row("u1", name="Trần Thị B"))
    (same,) = await one(bench.identity, row("u1"))

    assert [other.outcome, same.outcome] == [Outcome.EXISTS, Outcome.UNCHANGED]
    assert other.state is State.UNVERIFIED


async def test_only_the_grace_of_an_account_that_exists_is_changed_and_only_to_a_later_end(bench):
    now = bench.clock.now()
    grace = ImportedTransition(microseconds(now + timedelta(days=90)), "Decree 333/2026/NĐ-CP Art. 41")
    await bench.register("u1")
    first = await one(bench.identity, row("u1", transition=grace))
    again = await one(bench.identity, row("u1", transition=grace))
    sooner = await one(
        bench.identity, row("u1", transition=grace._replace(end_us=microseconds(now + timedelta(days=1))))
    )

    assert [verdict[0].transition_extended for verdict in (first, again, sooner)] == [True, False, False]
    assert (await bench.check("u1", Action.POST)).reason is Reason.TRANSITION


async def test_an_erased_account_is_not_brought_back(bench):
    await bench.keys.make(PLATFORM, "gone", bench.clock.now())
    await bench.keys.destroy(PLATFORM, "gone", bench.clock.now())

    refused, kept = await one(bench.identity, row("gone"), row("u1"))

    assert [fault.reason for fault in refused.faults] == ["ERASED"]
    assert kept.outcome is Outcome.IMPORTED


@pytest.mark.parametrize("column", [account_keys.c.wrapped, accounts.c.person], ids=str)
async def test_a_damaged_account_costs_no_other_row(bench, engine, column):
    await one(bench.identity, row("a"), row("damaged"))
    async with transaction(engine) as connection:
        of = column.table.c.account
        await connection.execute(update(column.table).where(of == "damaged").values({column.name: b"\0" * 60}))

    damaged, same, new = await one(bench.identity, row("damaged"), row("a"), row("b"))

    assert [one.outcome for one in (damaged, same, new)] == [Outcome.EXISTS, Outcome.UNCHANGED, Outcome.IMPORTED]
    assert damaged.state is State.UNREADABLE


async def test_a_key_that_was_left_by_a_crash_is_taken_up(bench, look):
    await bench.keys.make(PLATFORM, "u1", bench.clock.now())

    verdicts_ = await one(bench.identity, row("u1"), row("u2"))

    assert {verdict.outcome for verdict in verdicts_} == {Outcome.IMPORTED}
    assert (await bench.identity.accounts.get(PLATFORM, "u1")).facts.complete
    assert await look("SELECT account FROM identity.consents ORDER BY account") == [("u1",), ("u2",)]


async def test_who_is_registered_while_the_batch_is_sealed_is_compared_and_not_overwritten(accepting, bench, look):
    order = batch(PLATFORM, [row("u1"), row("u2")])
    judged = JudgedBatch(
        order=order.order,
        rows=Judge(accepting.policy, accepting.plan, bench.clock.now()).batch(
            [row("u1", phone=phone(NUMBER)), row("u2", phone=phone("+84912345679"))], 0, set()
        ),
        now=bench.clock.now(),
    )
    merge = await accepting.imports.seal(judged)
    await bench.register("u1", name="Somebody Else")

    merged = await merge()

    assert [verdict.outcome for verdict in verdicts(merged.answer)] == [Outcome.EXISTS, Outcome.IMPORTED]
    assert await look("SELECT account FROM identity.consents ORDER BY account") == [("u1",), ("u2",)]
    assert await look("SELECT account FROM identity.number_claims") == [("u2",)]


async def test_what_was_cached_of_an_account_is_forgotten_with_the_commit(bench):
    assert (await bench.check("u1", Action.POST)).reason is Reason.NOT_REGISTERED

    await one(bench.identity, row("u1"))

    assert (await bench.check("u1", Action.POST)).reason is Reason.NOT_VERIFIED


@pytest.mark.rule("R30")
async def test_the_later_proof_of_a_number_wins_against_the_table_and_within_a_batch(accepting, bench, look):
    later, latest = ACCEPTED + timedelta(days=1), ACCEPTED + timedelta(days=2)
    await one(accepting, row("held", name="Trần Thị B", phone=phone(NUMBER)))
    lost, won = await one(
        accepting, row("x", name="Lê C", phone=phone(NUMBER, later)), row("y", name="Võ D", phone=phone(NUMBER, latest))
    )

    assert [lost.phone, won.phone] == [PhoneOutcome.OLDER_PROOF, PhoneOutcome.ACCEPTED]
    assert [lost.state, won.state] == [State.UNVERIFIED, State.VERIFIED]
    assert (await bench.check("held", Action.POST)).reason is Reason.REVERIFICATION_REQUIRED
    assert await look("SELECT account FROM identity.number_claims") == [("y",)]
    assert await look("SELECT account FROM identity.number_moves") == [("y",)]
    assert await look("SELECT subject FROM identity.outbox WHERE kind = 'REVERIFICATION_REQUIRED'") == [("held",)]
    assert await look("SELECT subject FROM identity.audit WHERE tag = 'identity:account:phone_lapsed'") == [("held",)]


async def test_a_proof_older_than_the_holders_leaves_the_holder_alone(accepting, bench):
    await one(accepting, row("held", name="Trần Thị B", phone=phone(NUMBER, ACCEPTED + timedelta(days=1))))
    (verdict,) = await one(accepting, row("u1", phone=phone(NUMBER)))

    assert verdict.phone is PhoneOutcome.OLDER_PROOF
    assert (await bench.check("held", Action.POST)).allowed


async def test_accounts_of_one_person_stand_on_one_number_beside_each_other(accepting):
    first = await one(accepting, row("a", phone=phone(NUMBER)))
    others = await one(
        accepting, *(row(f"b{turn}", phone=phone(NUMBER, ACCEPTED + timedelta(turn))) for turn in range(5))
    )

    assert [verdict.phone for verdict in (*first, *others)] == [
        *[PhoneOutcome.ACCEPTED] * 5, PhoneOutcome.TOO_MANY_ACCOUNTS
    ]  # fmt: skip


@pytest.mark.rule("R47")
async def test_a_lock_binds_the_same_person_who_is_imported_on_the_number(accepting, bench):
    world = LockWorld(bench)
    await world.holder("held", NUMBER)
    await world.lock("held")

    same, other = await one(accepting, row("same", name=AN, phone=phone(NUMBER, bench.clock.now())), row("other"))

    assert [same.state, other.state] == [State.LOCKED, State.UNVERIFIED]
    assert not await world.writes("same")


async def test_a_batch_leaves_one_audit_row_and_one_event_that_names_every_account_it_changed(bench, look):
    sent = batch(PLATFORM, [row("a"), row("b", name="\x00"), row("c")])
    await run(bench.identity, sent)

    ((tag, subject, actor, detail),) = await look("SELECT tag, subject, actor, detail FROM identity.audit")
    assert (tag, subject, actor) == ("identity:import_batch:committed", sent.order.request_id, "peer:backfill")
    digest = detail.pop("digest")
    assert digest == bytes(bench.personal.fingerprint(sent.order)).hex()
    assert detail == {"imported": 2, "unchanged": 0, "exists": 0, "refused": 1}
    assert await look("SELECT kind, subject, detail FROM identity.outbox") == [
        ("ACCOUNTS_IMPORTED", sent.order.request_id, {"accounts": "a c"})
    ]


async def test_a_batch_that_changes_nothing_tells_nobody(bench, look):
    await one(bench.identity, row("a"))
    await one(bench.identity, row("a"))

    assert await look("SELECT count(*) FROM identity.outbox") == [(1,)]


@pytest.mark.rule("R30")
async def test_a_number_that_was_a_newcomers_for_a_while_is_the_latest_holders_again(accepting, bench, look):
    between, latest = ACCEPTED + timedelta(days=1), ACCEPTED + timedelta(days=2)
    await one(accepting, row("first", phone=phone(NUMBER)), row("last", phone=phone(NUMBER, latest)))

    (verdict,) = await one(accepting, row("x", name="Lê C", phone=phone(NUMBER, between)))

    assert verdict.phone is PhoneOutcome.OLDER_PROOF
    assert (await bench.check("first", Action.POST)).reason is Reason.REVERIFICATION_REQUIRED
    assert await look("SELECT account FROM identity.number_claims") == [("last",)]
    assert await look("SELECT account FROM identity.number_moves") == [("x",)]
