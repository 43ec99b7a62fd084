"""The account for emergencies: short, counted, told to everybody who listens, and nobody in particular."""

from __future__ import annotations

import time

import pytest
from identity_service import reason_of, refusal

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.credentials.break_glass import FILE, BreakGlass
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of

WRONG, _ = BreakGlass.new()


@pytest.fixture
async def alone(by_groups, open_staff):
    """Nobody has tried for a quarter of an hour."""
    await by_groups.rows("DELETE FROM identity.break_glass_tries")
    return await open_staff(by_groups)


async def test_the_secret_opens_everything_for_half_an_hour(alone):
    desk = await alone.emergency()

    me = await desk.staff("GetMe")
    life = me.session.expire_time.ToDatetime() - me.session.create_time.ToDatetime()

    assert (me.operator.name, len(me.session.roles)) == ("operators/break-glass", 3)
    assert me.session.means == staff_admin_pb2.Session.BREAK_GLASS
    assert life.total_seconds() == 1800


async def test_every_try_is_in_the_trail_before_it_is_made_and_raises_an_alarm(alone, by_groups, eventually):
    await refusal(alone.emergency(WRONG, reason="a drill"))
    await alone.emergency(reason="a drill")

    rows = await by_groups.rows(
        "SELECT tag, detail::jsonb ->> 'reason' AS reason FROM identity.audit WHERE subject = 'break-glass' ORDER BY id"
    )

    assert [(row["tag"].rpartition(":")[2], row["reason"]) for row in rows[-3:]] == [
        ("tried", "a drill"),
        ("tried", "a drill"),
        ("signed_in", "a drill"),
    ]
    await eventually(lambda: by_groups.process.log.read_text().count('"break_glass_used"') >= 2)
    log = by_groups.process.log.read_text()
    assert alone.break_glass not in log
    assert WRONG not in log


async def test_tries_are_limited_whoever_makes_them(alone):
    for _ in range(5):
        assert reason_of(await refusal(alone.emergency(WRONG))) is Reason.BREAK_GLASS_REFUSED

    refused = await refusal(alone.emergency())

    assert reason_of(refused) is Reason.LIMIT_EXCEEDED
    assert details_of(refused).metadata["limit"] == "break_glass"
    assert 0 < details_of(refused).retry_after.total_seconds() <= 900


async def test_it_is_never_one_of_two_people(alone):
    desk = await alone.emergency()

    assert reason_of(await refusal(desk.propose_destruction("forum", "u1"))) is Reason.SECOND_PERSON_NEEDED


async def test_what_does_not_look_like_the_secret_is_not_even_counted(alone, by_groups):
    assert reason_of(await refusal(alone.emergency("guess"))) is Reason.INVALID_FIELDS
    assert await by_groups.rows("SELECT * FROM identity.break_glass_tries") == []


@pytest.mark.parametrize("content", [None, "scrypt 1 2 3", "\xff"])
async def test_without_a_usable_key_file_there_is_no_such_account(alone, by_groups, content):
    file = by_groups.process.keys / FILE
    kept = file.read_text()
    file.unlink()
    if content is not None:
        file.write_text(content, "latin-1")
    try:
        assert reason_of(await refusal(alone.emergency())) is Reason.SIGN_IN_NOT_OFFERED
    finally:
        file.write_text(kept)


def test_a_secret_is_kept_as_a_slow_hash_and_recognised():
    secret, kept = BreakGlass.new()
    started = time.process_time()

    assert BreakGlass.parse(kept.line).matches(secret)
    assert not BreakGlass.parse(kept.line).matches(WRONG)
    assert time.process_time() - started > 0.02
    assert secret not in kept.line + repr(kept)
