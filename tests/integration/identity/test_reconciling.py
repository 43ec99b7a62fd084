"""A run over accounts, against an operator whose every answer is known: complete, balanced, patient, and quiet."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fake_carrier import BEHAVIOURS, FakeCarrier, expected, truth
from reconcile_world import PAGE, PLATFORM, accounts_of, counted, opened_world
from structlog.testing import capture_logs

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.reconciliation import RunState, Source
from xacthuc.identity.usecases import reconciliation

OF = accounts_of(30)
ACCOUNTS, NUMBERS = list(OF), list(OF.values())


@pytest.fixture
async def world(bench, accepting, engine, tmp_path):
    carrier = FakeCarrier()
    await carrier.open()
    async with opened_world(bench, accepting, engine, carrier.file(tmp_path), OF) as made:
        made.carrier = carrier
        yield made
    await carrier.close()


@pytest.mark.rule("R30")
async def test_every_account_is_checked_once_and_what_is_known_is_found(world, look):
    made = await world.run()

    assert made.state is RunState.COMPLETED
    assert (made.account_count, made.tally.balanced) == (len(ACCOUNTS), True)
    assert counted(made.tally) == expected(NUMBERS)
    assert set(world.carrier.numbers) == set(NUMBERS)
    found = {(finding.account_id, finding.kind.value) for finding in await world.findings(made)}
    of = dict(zip(NUMBERS, ACCOUNTS, strict=True))
    assert found == {(of[one], kind) for one in NUMBERS for kind in truth(one) - {"NOT_THEIRS"}}
    lapsed = await look("SELECT account FROM identity.evidence WHERE lapse_reason = 'RECONCILED'")
    recycled = {of[one] for one in NUMBERS if "RECYCLED" in truth(one)}
    assert {row.account for row in lapsed} == recycled
    assert {account for _, accounts in world.told for account in accounts} == recycled
    assert made.tally.of("CHANGED") == len(recycled)


async def test_each_detail_is_counted_for_itself(world):
    made = await world.run(Source.KYC_MATCH)

    mismatched = sum("SUBSCRIBER_MISMATCH" in truth(one) for one in NUMBERS)
    theirs = sum(truth(one) != {"NOT_THEIRS"} for one in NUMBERS)
    names = {name: made.tally.of(f"full_name/{name}") for name in ("MATCH", "MISMATCH", "UNKNOWN")}
    assert names == {"MATCH": theirs - mismatched, "MISMATCH": mismatched, "UNKNOWN": len(NUMBERS) - theirs}
    assert made.tally.of("personal_id/UNKNOWN") == len(NUMBERS)


async def test_the_identity_record_is_a_side_of_its_own_and_no_operators_word(world, look):
    """Confirmed; confirmed, and another number declared since; and proven by an operator's word alone."""

    async def proven(account, kind, source, personal_id):
        key = await world.bench.keys.get(PLATFORM, account)
        await look(
            "INSERT INTO identity.evidence (platform, account, kind, source, verify_time, number)"
            " VALUES ('forum', :account, :kind, :source, now(), :number) RETURNING id",
            account=account,
            kind=kind,
            source=source,
            number=bytes(key.seal_number(personal_id)),
        )

    await proven(ACCOUNTS[1], "PERSONAL_ID", "eid/vneid", "001090000123")
    await proven(ACCOUNTS[2], "PERSONAL_ID", "eid/vneid", "001090000124")
    await proven(ACCOUNTS[2], "PERSONAL_ID_DECLARED", "holder", "001090000125")
    await proven(ACCOUNTS[3], "PERSONAL_ID", "operator/viettel", "001090000126")

    made = await world.run(Source.KYC_MATCH)

    told = {name: count for name, count in made.tally.counts.items() if name.startswith("identity.")}
    assert told == {
        "identity.full_name/MATCH": 2,
        "identity.birth_date/MATCH": 2,
        "identity.personal_id/MATCH": 1,
        "identity.personal_id/MISMATCH": 1,
        "identity.full_name/UNKNOWN": 28,
        "identity.birth_date/UNKNOWN": 28,
        "identity.personal_id/UNKNOWN": 28,
    }
    assert (made.tally.of("personal_id/MATCH"), made.tally.of("personal_id/MISMATCH")) == (1, 1)
    assert made.tally.of("subscriber.personal_id/UNKNOWN") == len(ACCOUNTS)


async def test_a_dry_run_asks_everything_and_changes_nothing(world, look):
    made = await world.run(dry_run=True)

    assert counted(made.tally) == expected(NUMBERS)
    assert (world.told, made.tally.of("CHANGED")) == ([], 0)
    assert await look("SELECT 1 FROM identity.evidence WHERE lapse_reason = 'RECONCILED'") == []


@pytest.mark.parametrize("fault", sorted(set(BEHAVIOURS) - {"reject"}))
async def test_what_fails_for_a_while_is_asked_again_until_it_is_known(world, fault):
    rules = replace(world.identity.policy.reconciliation, tries=50)
    world.identity = replace(world.identity, policy=replace(world.identity.policy, reconciliation=rules))
    world.carrier.behave(fault, times=4)

    made = await world.run(Source.NUMBER_RECYCLING, Source.SIM_SWAP)

    wanted = expected(NUMBERS)
    assert made.tally.balanced
    assert {kind: counted(made.tally)[kind] for kind in ("RECYCLED", "SIM_SWAPPED", "UNANSWERED")} == {
        "RECYCLED": wanted["RECYCLED"],
        "SIM_SWAPPED": wanted["SIM_SWAPPED"],
        "UNANSWERED": 0,
    }


async def test_a_run_asks_no_faster_than_it_was_started_with(world):
    """Of a time that a busy machine can only lengthen; the pace itself is a property."""
    began = asyncio.get_running_loop().time()

    made = await world.run(Source.SIM_SWAP, per_second=10)

    assert made.tally.of("CHECKED") == len(ACCOUNTS)
    assert asyncio.get_running_loop().time() - began >= 0.95 * (len(ACCOUNTS) - 1) / 10


async def test_what_is_never_answered_leaves_accounts_as_they_are_and_is_on_record(world):
    world.carrier.behave("reject")

    made = await world.run()

    assert counted(made.tally) == {"CHECKED": 30, "UNKNOWN": 30, "UNANSWERED": 30}
    assert {finding.action for finding in await world.findings(made)} == {"NOTHING"}
    assert (world.told, made.state) == ([], RunState.COMPLETED)
    assert set(world.carrier.questions) == {"/match", "/check", "/retrieve-date"}


async def test_an_operator_that_answers_garbage_is_asked_as_often_as_policy_says(world):
    rules = replace(world.identity.policy.reconciliation, tries=3)
    world.identity = replace(world.identity, policy=replace(world.identity.policy, reconciliation=rules))
    world.carrier.behave("garbage", times=3)
    for account in ACCOUNTS[1:]:
        await world.close(account)

    made = await world.run(Source.SIM_SWAP)

    assert (counted(made.tally), world.carrier.questions.total()) == (
        {"CHECKED": 1, "UNKNOWN": 1, "UNANSWERED": 1},
        3,
    )


async def test_a_run_that_waits_for_an_operator_can_be_canceled(world, eventually):
    world.carrier.behave("hang")
    made = await world.start()
    working = asyncio.create_task(world.runner().work())
    await eventually(lambda: world.carrier.questions.total() > 0)

    order = replace(world.bench.order("", "CancelReconciliation"), platform="")
    await reconciliation.cancel(world.identity, order, made.run_id)
    await asyncio.wait_for(working, 10)

    ended = await reconciliation.get(world.identity, made.run_id)
    assert (ended.state, ended.tally.of("CHECKED")) == (RunState.CANCELED, 0)


async def test_a_process_that_is_at_it_leaves_nothing_to_another(world, eventually):
    world.carrier.behave("hang")
    made = await world.start()
    first = asyncio.create_task(world.runner().work())
    await eventually(lambda: world.carrier.questions.total() > 0)

    assert await world.runner().work() is False

    world.carrier.behave("well")
    first.cancel()
    await asyncio.wait({first})
    assert await world.runner().work() is True
    assert counted((await reconciliation.get(world.identity, made.run_id)).tally) == expected(NUMBERS)


async def test_nothing_is_asked_with_a_transaction_open(world, eventually, look):
    world.carrier.behave("hang")
    await world.start()
    working = asyncio.create_task(world.runner().work())
    await eventually(lambda: world.carrier.questions.total() > 0)

    open_ones = await look(
        "SELECT query FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in%' AND pid <> pg_backend_pid()"
    )

    working.cancel()
    await asyncio.wait({working})
    assert open_ones == []


async def test_what_broke_off_goes_on_behind_the_last_page(world, eventually):
    """Cut off in the middle of a page, again and again, as by a rollout; `tests/fault` does it with `kill -9`."""
    made = await world.start()
    for _ in range(4):
        world.carrier.script.extend([BEHAVIOURS["hang"]] * 3)
        working = asyncio.create_task(world.runner().work())
        asked = world.carrier.questions.total()
        await eventually(lambda asked=asked: world.carrier.questions.total() > asked + PAGE)
        working.cancel()
        await asyncio.wait({working})
    world.carrier.script.clear()
    await world.runner().work()

    ended = await reconciliation.get(world.identity, made.run_id)
    assert (ended.state, counted(ended.tally)) == (RunState.COMPLETED, expected(NUMBERS))


@pytest.mark.rule("R12")
async def test_who_is_told_what_is_on_record_before_anybody_is_and_nothing_of_it_in_logs(world, look):
    world.carrier.behave("garbage", times=2)
    with capture_logs() as logged:
        made = await world.run()

    rows = await look(
        "SELECT subject, detail FROM identity.audit WHERE tag = 'identity:account:personal_data_disclosed'"
        " AND request_id = :run",
        run=made.run_id,
    )
    assert sorted(row.subject for row in rows) == ACCOUNTS
    assert {(row.detail["to"], row.detail["what"]) for row in rows} == {
        ("operator/viettel", "full_name,birth_date,phone_number")
    }
    told = repr(logged)
    assert [one for one in (*NUMBERS, *ACCOUNTS, "Nguy") if one in told] == []


async def test_an_account_that_was_erased_meanwhile_is_skipped(world, look):
    await world.bench.keys.destroy(PLATFORM, ACCOUNTS[5], world.bench.clock.now())

    made = await world.run(Source.SIM_SWAP)

    assert (made.tally.of("SKIPPED"), made.tally.balanced) == (1, True)
    assert world.carrier.numbers[NUMBERS[5]] == 0


async def test_what_nobody_expected_ends_its_run_and_no_other_and_is_told_without_a_word_of_anybody(world, look):
    key = await world.bench.keys.get(PLATFORM, ACCOUNTS[PAGE])
    secret = "Nguyen Van Lan"
    await look(
        "UPDATE identity.accounts SET person = :person WHERE account = :account RETURNING 1",
        person=bytes(key.seal("person", f"{secret}\n\n".encode())),
        account=ACCOUNTS[PAGE],
    )
    await world.identity.platforms.create(
        replace(world.bench.order(), platform=""), "other", "Other", world.bench.clock.now()
    )
    broken, next_one = await world.start(Source.SIM_SWAP), await world.start(Source.SIM_SWAP, platform="other")

    with capture_logs() as logged:
        await world.runner().work()

    assert await world.runner().work() is False
    failed = await reconciliation.get(world.identity, broken.run_id)
    assert (failed.state, failed.failure, failed.tally.of("CHECKED")) == (RunState.FAILED, "ValueError", PAGE)
    assert failed.end_time is not None
    assert (await reconciliation.get(world.identity, next_one.run_id)).state is RunState.COMPLETED
    (ended,) = await look(
        "SELECT detail FROM identity.audit WHERE tag = 'identity:reconciliation:ended' AND subject = :run",
        run=broken.run_id,
    )
    assert (ended.detail["state"], ended.detail["failure"], ended.detail["checked"]) == ("FAILED", "ValueError", PAGE)
    assert [line["cause"] for line in logged if line["event"] == "reconciliation_failed"] == ["ValueError"]
    assert secret not in repr((logged, ended.detail))


async def test_a_run_that_failed_goes_on_where_it_was_once_the_cause_is_mended(world, look):
    of = {"account": ACCOUNTS[PAGE]}
    key = await world.bench.keys.get(PLATFORM, ACCOUNTS[PAGE])
    write = "UPDATE identity.accounts SET person = :person WHERE account = :account RETURNING 1"
    ((person,),) = await look("SELECT person FROM identity.accounts WHERE account = :account", **of)
    await look(write, person=bytes(key.seal("person", b"of no shape\n\n")), **of)
    failed = await world.run(Source.SIM_SWAP)
    await look(write, person=bytes(person), **of)
    order = replace(world.bench.order("", "ResumeReconciliation"), platform="", actor="officer:hoa")

    resumed = await reconciliation.resume(world.identity, order, failed.run_id)
    again = await reconciliation.resume(world.identity, order, failed.run_id)
    await world.runner().work()

    ended = await reconciliation.get(world.identity, failed.run_id)
    assert (failed.state, failed.tally.of("CHECKED")) == (RunState.FAILED, PAGE)
    assert (resumed.state, resumed.failure, resumed.end_time) == (RunState.RUNNING, "", None)
    assert (again.state, again.update_time, again.actor) == (resumed.state, resumed.update_time, failed.actor)
    assert (ended.state, ended.failure, ended.tally.balanced) == (RunState.COMPLETED, "", True)
    wanted = expected(NUMBERS)
    assert (ended.tally.of("CHECKED"), counted(ended.tally)["SIM_SWAPPED"]) == (len(NUMBERS), wanted["SIM_SWAPPED"])
    assert set(world.carrier.numbers.values()) == {1}
    told = await look(
        "SELECT tag, actor, detail FROM identity.audit WHERE subject = :run ORDER BY id", run=failed.run_id
    )
    assert [row.tag.rpartition(":")[2] for row in told] == ["started", "ended", "resumed", "ended"]
    assert (told[2].actor, told[2].detail) == ("officer:hoa", {"failure": failed.failure, "checked": PAGE})


async def test_a_run_whose_operator_was_taken_away_fails_and_goes_on_once_there_is_one_again(world):
    whole = world.identity
    await world.start(Source.SIM_SWAP)
    world.identity = replace(whole, providers=replace(whole.providers, sim_swaps=()))
    order = replace(world.bench.order("", "ResumeReconciliation"), platform="")

    await world.runner().work()
    ((made,), _) = await reconciliation.list_runs(world.identity, "", 10)
    with pytest.raises(FailedPrecondition) as refused:
        await reconciliation.resume(world.identity, order, made.run_id)

    assert (made.state, made.failure, made.tally.of("CHECKED")) == (RunState.FAILED, "OperatorMissing", 0)
    assert refused.value.reason is Reason.OPERATOR_NOT_CONFIGURED
    world.identity = whole
    await reconciliation.resume(world.identity, order, made.run_id)
    await world.runner().work()
    ended = await reconciliation.get(world.identity, made.run_id)
    assert (ended.state, ended.tally.of("CHECKED")) == (RunState.COMPLETED, len(ACCOUNTS))


async def test_another_platform_is_left_alone(world):
    await world.identity.platforms.create(
        replace(world.bench.order(), platform=""), "other", "Other", world.bench.clock.now()
    )

    made = await world.run(Source.SIM_SWAP, platform="other")

    assert (made.state, made.account_count, made.tally.of("CHECKED")) == (RunState.COMPLETED, 0, 0)
