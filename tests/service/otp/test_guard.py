"""The fraud guard beside a start: what it records, whom it asks for proof, and who passes all the same."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from otp_service import Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2
from xacthuc.otp.adapters.valkey_guard import ValkeyGuard, subject_key
from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
from xacthuc.otp.delivery.adapters.valkey_guard_fold import GuardCredits
from xacthuc.otp.domain.guard import GuardRules, Subject
from xacthuc.otp.usecases.guarding import Guarding
from xacthuc.policy import Policy

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

Kind, Verdict = internal_pb2.Outcome.Kind, internal_pb2.GuardDecision.Verdict
ALLOWED = 20
"""Messages that a block gets while none of its codes is entered: ten in flight, and ten that may fail in an hour."""
OTHER_BLOCK = "0919999999"


def number(place: int) -> str:
    return f"09123400{place:02d}"


@pytest.fixture
async def guarded(deploy: Any, tmp_path: Path) -> Deployment:
    """A service whose guard is enforced from the first message on."""
    policy = tmp_path / "guard.toml"
    policy.write_text('version = "guarded-1"\n[guard]\nmode = "enforce"\nrecord_days = 0\n')
    return await deploy(policy_file=policy)


async def attack(otp: Deployment, messages: int, first: int = 0) -> list[Any]:
    """Starts challenges for numbers of one block, each for an account of its own."""
    return [
        await otp.forum.start(number(place), subject=f"accounts/a{place}") for place in range(first, first + messages)
    ]


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def decisions(otp: Deployment) -> list[internal_pb2.GuardDecision]:
    """What the guard said of each message that was started or sent again, in the order of time."""
    outcomes = [outcome async for outcome in told(otp) if outcome.kind in {Kind.STARTED, Kind.RESENT}]
    return [outcome.guard for outcome in sorted(outcomes, key=lambda outcome: outcome.occur_time.ToMilliseconds())]


async def told(otp: Deployment) -> AsyncIterator[Any]:
    call = otp.internal.WatchOutcomes(internal_pb2.WatchOutcomesRequest(), timeout=10)
    async for response in call:
        for outcome in response.outcomes:
            yield outcome
        break
    call.cancel()


async def fold(otp: Deployment) -> None:
    """Does to the guard what the delivery worker does, on the tests' clock."""
    folder = GuardCredits(store=otp.store, clock=otp.clock, life=1, clock_tolerance_ms=0)
    for stream in await otp.store.execute("KEYS", "*:out", key=""):
        for place, (_, fields) in enumerate(await otp.store.execute("XRANGE", stream, "-", "+")):
            outcome = dict(zip(fields[::2], fields[1::2], strict=True))
            await folder.fold([OutcomeRow(int(stream[3:6]), f"{otp.clock.now_ms()}-{place}", outcome)])


async def listed(otp: Deployment, *, only_exceeding: bool = False) -> dict[str, admin_pb2.GuardSubject]:
    request = admin_pb2.ListGuardSubjectsRequest(only_exceeding=only_exceeding)
    return {each.subject: each for each in (await answer(otp.admin.ListGuardSubjects(request))).subjects}


async def exempt(otp: Deployment, subject: str, hours: int = 1) -> admin_pb2.GuardSubject:
    request = admin_pb2.ExemptGuardSubjectRequest(
        subject=subject, duration=Duration(seconds=3600 * hours), reason="a factory", request_id=str(uuid.uuid4())
    )
    exempted: admin_pb2.GuardSubject = await answer(otp.admin.ExemptGuardSubject(request))
    return exempted


async def test_a_block_that_enters_nothing_is_asked_for_a_captcha(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    refused = await refusal(guarded.forum.start(number(99), subject="accounts/new"))
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CAPTCHA_REQUIRED")
    assert refused.metadata["limit"] == "guard"


async def test_the_rest_of_the_operator_is_served_meanwhile(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    await refusal(guarded.forum.start(number(99), subject="accounts/new"))
    assert await guarded.forum.start(OTHER_BLOCK, subject="accounts/elsewhere")


async def test_a_solved_captcha_passes_and_is_on_record(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    guarded.clock.advance(timedelta(milliseconds=1))
    await guarded.forum.start(number(99), subject="accounts/new", client=resources_pb2.Client(captcha_solved=True))
    last = (await decisions(guarded))[-1]
    assert (last.verdict, last.subject.partition(":")[0]) == (Verdict.CHALLENGED, "prefix")
    assert (last.unverified_hour_count, last.unverified_hour_limit) == (ALLOWED - 9, 10)


async def test_a_device_that_verified_the_number_passes(guarded: Deployment) -> None:
    phone = {"client": resources_pb2.Client(device_id="phone"), "subject": "accounts/owner"}
    known = await guarded.forum.start(number(99), **phone)
    await guarded.forum.check(known.name, guarded.code(known.name))
    await attack(guarded, ALLOWED - 1)
    guarded.clock.advance(timedelta(milliseconds=1))
    assert await guarded.forum.start(number(99), **phone)
    assert (await decisions(guarded))[-1].verdict == Verdict.RECORDED


async def test_a_number_that_an_operator_lets_pass_passes_guard_and_block_lists(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    blocking = admin_pb2.ImportBlockListRequest(
        phone_numbers=[number(99)], source="operator", duration=Duration(seconds=600), request_id=str(uuid.uuid4())
    )
    unblocking = admin_pb2.UnblockNumberRequest(
        phone_number=number(99), reason="a person", request_id=str(uuid.uuid4()), pass_duration=Duration(seconds=300)
    )
    await answer(guarded.admin.UnblockNumber(unblocking))
    await answer(guarded.admin.ImportBlockList(blocking))
    assert await guarded.forum.start(number(99), subject="accounts/new")
    guarded.clock.advance(timedelta(seconds=301))
    assert (await refusal(guarded.forum.start(number(99), subject="accounts/newer"))).reason == "NUMBER_BLOCKED"


async def test_what_the_guard_refused_costs_nothing_and_is_judged_anew(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    again = {"subject": "accounts/new", "request_id": str(uuid.uuid4())}
    refused = await refusal(guarded.forum.start(number(99), **again))
    await guarded.limiter.drain()
    prefix = next(name for name in await listed(guarded) if name.startswith("prefix:"))
    await exempt(guarded, prefix)
    await guarded.forum.start(number(99), **again)
    flying = await guarded.store.execute("HGET", subject_key(Subject.parse(prefix)), "yg")
    assert refused.reason == "CAPTCHA_REQUIRED"
    assert flying.rpartition(b"=")[2] == f"{ALLOWED + 1}:0".encode()


async def test_a_repeated_request_is_counted_once(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    for _ in range(5):
        await otp.forum.start(request_id=request)
    flying = await otp.store.execute("HGET", "g:{operator:vinaphone}", "yg")
    assert flying.rpartition(b"=")[2] == b"1:0"


async def test_by_default_the_guard_only_records(otp: Deployment) -> None:
    await attack(otp, ALLOWED + 5)
    said = sorted(each.verdict for each in await decisions(otp))
    assert said == [Verdict.PASSED] * ALLOWED + [Verdict.RECORDED] * 5


async def test_the_guard_records_for_a_fortnight_before_it_enforces(deploy: Any, tmp_path: Path) -> None:
    policy = tmp_path / "guard.toml"
    policy.write_text('version = "guarded-1"\n[guard]\nmode = "enforce"\n')
    otp = await deploy(policy_file=policy)
    await attack(otp, ALLOWED + 1)
    otp.clock.advance(timedelta(days=14))
    await attack(otp, ALLOWED)
    assert (await refusal(otp.forum.start(number(99), subject="accounts/new"))).reason == "CAPTCHA_REQUIRED"


async def test_codes_that_are_entered_make_room(guarded: Deployment) -> None:
    for started in await attack(guarded, ALLOWED):
        await guarded.forum.check(started.name, guarded.code(started.name))
    await fold(guarded)
    assert await guarded.forum.start(number(99), subject="accounts/new")


async def test_a_report_that_nobody_asked_for_the_code_makes_no_room(guarded: Deployment) -> None:
    for place, started in enumerate(await attack(guarded, ALLOWED)):
        await guarded.forum.report(number(place), guarded.code(started.name))
    await fold(guarded)
    assert (await refusal(guarded.forum.start(number(99), subject="accounts/new"))).reason == "CAPTCHA_REQUIRED"


async def test_a_resend_is_counted_and_never_refused(guarded: Deployment) -> None:
    started = (await attack(guarded, ALLOWED))[0]
    guarded.clock.advance(timedelta(seconds=61))
    await guarded.forum.resend(started.name)
    last = (await decisions(guarded))[-1]
    assert (last.verdict, last.unverified_hour_count) == (Verdict.RECORDED, ALLOWED - 9)


async def test_an_exempted_block_passes_and_says_so(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    await refusal(guarded.forum.start(number(99), subject="accounts/new"))
    prefix = next(name for name in await listed(guarded) if name.startswith("prefix:"))
    standing = await exempt(guarded, prefix)
    guarded.clock.advance(timedelta(milliseconds=1))
    await guarded.forum.start(number(99), subject="accounts/new")
    assert standing.exempt_until_time.ToDatetime() > guarded.clock.now().replace(tzinfo=None)
    assert (await decisions(guarded))[-1].verdict == Verdict.EXEMPTED


async def test_an_exemption_can_be_ended_and_is_an_outcome(guarded: Deployment) -> None:
    await exempt(guarded, "operator:viettel")
    ended = await exempt(guarded, "operator:viettel", hours=0)
    details = [outcome.detail async for outcome in told(guarded) if outcome.kind == Kind.ADMINISTERED]
    assert not ended.HasField("exempt_until_time")
    assert details == ["exempt:operator:viettel:a factory", "exempt_end:operator:viettel:a factory"]


async def test_the_most_suspicious_subject_is_listed_first(guarded: Deployment) -> None:
    await attack(guarded, ALLOWED)
    await guarded.forum.start("0321234567", subject="accounts/viettel")
    await refusal(guarded.forum.start(number(99), subject="accounts/new"))
    subjects = await listed(guarded)
    assert [name.partition(":")[0] for name in subjects] == ["prefix", "operator", "operator"]
    assert next(iter(subjects.values())).decision.verdict == Verdict.PASSED  # the refused one was forgotten


async def test_only_what_exceeds_a_limit_is_listed_when_asked_so(otp: Deployment) -> None:
    await attack(otp, ALLOWED + 1)
    assert [name.partition(":")[0] for name in await listed(otp, only_exceeding=True)] == ["prefix"]


async def test_what_a_block_is_suspected_of_is_not_held_against_its_operator(otp: Deployment) -> None:
    await attack(otp, ALLOWED + 5)
    flying = await otp.store.execute("HGET", "g:{operator:vinaphone}", "yg")
    assert flying.rpartition(b"=")[2] == f"{ALLOWED}:0".encode()


async def test_a_code_entered_in_a_suspected_block_is_no_credit_to_its_operator(otp: Deployment) -> None:
    started = await attack(otp, ALLOWED + 5)
    for each in started[ALLOWED:]:
        await otp.forum.check(each.name, otp.code(each.name))
    await fold(otp)
    flying = await otp.store.execute("HGET", "g:{operator:vinaphone}", "yg")
    assert flying.rpartition(b"=")[2] == f"{ALLOWED}:0".encode()


def guard_of(otp: Deployment) -> ValkeyGuard:
    return ValkeyGuard(
        store=otp.store,
        rules=GuardRules.of(Policy.load().guard),
        life=1,
        clock_tolerance_ms=0,
        let_through=lambda: None,
        told=lambda _decision: None,
    )


async def test_a_caller_that_goes_away_while_its_message_is_sent_is_counted(otp: Deployment, eventually: Any) -> None:
    guard = guard_of(otp)

    async def flying() -> bytes:
        counts: bytes = await otp.store.execute("HGET", "g:{operator:vinaphone}", "yg")
        return counts.rpartition(b"=")[2]

    async def forgotten() -> bool:
        return await flying() == b"0:0"

    with Guarding(guard.watch("vinaphone", "4fQx", otp.clock.now_ms())) as refused:
        await refused.said()
    await eventually(forgotten)  # from here on the store knows the script that takes back, and runs it in its turn
    watched = guard.watch("vinaphone", "4fQx", otp.clock.now_ms())
    with pytest.raises(asyncio.CancelledError), Guarding(watched) as guarding:
        await guarding.said()
        raise asyncio.CancelledError
    await asyncio.sleep(0)
    assert await flying() == b"1:0"


async def test_a_caller_that_goes_away_while_the_guard_is_asked_leaves_no_count(
    otp: Deployment, eventually: Any
) -> None:
    guard = guard_of(otp)

    async def ask(*, sent: bool = False) -> None:
        with Guarding(guard.watch("vinaphone", "4fQx", otp.clock.now_ms()), sent) as guarding:
            await guarding.said()

    await ask(sent=True)
    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)  # it waits for its answer now
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    async def forgotten() -> bool:
        keys = [f"g:{{{subject}}}" for subject in ("operator:vinaphone", "prefix:4fQx")]
        flying = [await otp.store.execute("HGET", key, "yg") for key in keys]
        return all(each.rpartition(b"=")[2] == b"1:0" for each in flying)

    await eventually(forgotten)


async def test_a_guard_that_cannot_be_asked_lets_messages_through_and_is_counted(guarded: Deployment) -> None:
    await guarded.store.execute("SET", "g:{operator:vinaphone}", "not a hash")
    assert await guarded.forum.start()
    assert [each.verdict for each in await decisions(guarded)] == [Verdict.VERDICT_UNSPECIFIED]


async def test_the_guard_adds_no_trip_to_a_start(guarded: Deployment) -> None:
    await guarded.forum.start(number(1), subject="accounts/first")
    before = guarded.store.traffic.writes
    await guarded.forum.start(number(2), subject="accounts/second")
    assert guarded.store.traffic.writes - before == 2


async def test_the_subject_of_an_exemption_must_be_one(guarded: Deployment) -> None:
    refused = await refusal(exempt(guarded, "platform:forum"))
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["subject"])
