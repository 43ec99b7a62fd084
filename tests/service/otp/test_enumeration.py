"""Nothing in an answer, in its shape or in its size tells whether a number is known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from otp_service import Deployment

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
