"""Nothing in an answer, in its shape, its size or what it takes tells whether a number is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from otp_service import Deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable

pytestmark = pytest.mark.engine


def shape(message: Any) -> tuple[int, str]:
    """What a stranger can compare: the size on the wire, and which fields are there."""
    text = re.sub(r'"challenges/[^"]+"', '"challenge"', str(message))
    return len(message.SerializeToString()), text


async def test_a_start_looks_the_same_for_a_new_a_verified_and_a_guessed_at_number(otp: Deployment) -> None:
    verified = await otp.forum.start("0912345670", subject="accounts/a")
    await otp.forum.check(verified.name, otp.code(verified.name))
    guessed = await otp.forum.start("0912345671", subject="accounts/a")
    for _ in range(2):
        await otp.forum.check(guessed.name, otp.wrong(guessed.name))
    numbers = {"new": "0912345672", "verified": "0912345670", "guessed": "0912345671"}
    answers = {kind: await otp.forum.start(number, subject="accounts/b") for kind, number in numbers.items()}
    for message in answers.values():
        message.masked_phone_number = "same"
    assert len({shape(message) for message in answers.values()}) == 1


async def test_a_report_looks_the_same_whether_the_code_was_right_wrong_or_never_sent(otp: Deployment) -> None:
    started = await otp.forum.start()
    wrong = await otp.forum.report("0912345678", otp.wrong(started.name))
    right = await otp.forum.report("0912345678", otp.code(started.name))
    unknown = await otp.forum.report("0987654321", "123456")
    assert shape(right) == shape(wrong) == shape(unknown)


async def test_a_wrong_and_an_expired_code_are_told_apart_only_by_what_the_challenge_shows_anyway(
    otp: Deployment,
) -> None:
    started = await otp.forum.start()
    await otp.forum.cancel(started.name)
    right = await otp.forum.check(started.name, otp.code(started.name))
    wrong = await otp.forum.check(started.name, otp.wrong(started.name))
    assert shape(right) == shape(wrong)


async def work_of(otp: Deployment, call: Awaitable[Any]) -> tuple[int, dict[bytes, int]]:
    """What takes time while a call is answered: trips to the store, and what its scripts execute there."""

    async def executed() -> dict[bytes, int]:
        stats = await otp.store.execute("INFO", "commandstats", key="")
        return {
            name: int(calls) for name, calls in re.findall(rb"cmdstat_(\S+?):calls=(\d+)", stats) if name != b"info"
        }

    before = await executed()
    trips = otp.store.traffic.writes
    await call
    trips = otp.store.traffic.writes - trips
    after = await executed()
    return trips, {name: calls - before.get(name, 0) for name, calls in after.items() if calls != before.get(name, 0)}


async def test_a_start_is_as_much_work_for_a_new_a_verified_and_a_guessed_at_number(otp: Deployment) -> None:
    """Nor in its time: that is told by what is done for it, since a clock would tell of the machine."""
    rounds = []
    # Neighbours, of one operator and block. What a service asks now and then beside calls, such as for money and keys,
    # may fall into one of them.
    for n in range(5):
        verified, guessed, new = (f"09{n}234567{kind}" for kind in (1, 2, 3))
        known = await otp.forum.start(verified, subject=f"accounts/a{n}")
        await otp.forum.check(known.name, otp.code(known.name))
        tried = await otp.forum.start(guessed, subject=f"accounts/b{n}")
        for _ in range(2):
            await otp.forum.check(tried.name, otp.wrong(tried.name))
        works = [
            await work_of(otp, otp.forum.start(each, subject=f"accounts/c{n}")) for each in (verified, guessed, new)
        ]
        rounds.append(works)
    assert any(first == second == third for first, second, third in rounds), rounds
    assert all(commands[b"evalsha"] >= 2 for works in rounds for _, commands in works)
