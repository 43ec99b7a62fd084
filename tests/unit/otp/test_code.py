"""Codes and proofs: derived, uniform, apart by platform, and never the same by accident."""

from __future__ import annotations

from collections import Counter

import pytest

from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver, UnknownKeyVersion

DERIVER = Deriver({1: b"\x01" * 32, 2: b"\x02" * 32}, 2)


def identity(number: int, version: int = 2) -> challenge_id.ChallengeId:
    return challenge_id.make(number % 256, version, number.to_bytes(16, "big"))


@pytest.mark.rule("R33")
def test_a_code_has_six_digits_and_is_the_same_each_time() -> None:
    code = DERIVER.code(identity(7), "forum")
    assert len(code) == 6
    assert code.isdecimal()
    assert code == DERIVER.code(identity(7), "forum")


def test_codes_of_platforms_and_challenges_differ() -> None:
    codes = {DERIVER.code(identity(n), platform) for n in range(50) for platform in ("forum", "video")}
    assert len(codes) > 95


def test_a_wrong_code_a_code_of_another_platform_and_one_of_another_length_do_not_match() -> None:
    code = DERIVER.code(identity(7), "forum")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert DERIVER.matches(identity(7), "forum", code)
    assert not DERIVER.matches(identity(7), "forum", wrong)
    assert not DERIVER.matches(identity(7), "video", code)
    assert not DERIVER.matches(identity(7), "forum", code[:-1])


def test_every_digit_is_equally_likely_in_every_place() -> None:
    """Regression of byte % 10, which favours 0 to 5, and of a modulus one short, which never draws the last symbol."""
    draws = 40_000
    codes = [DERIVER.code(identity(n), "forum") for n in range(draws)]
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        expected = draws / 10
        chi_squared = sum((counts[str(digit)] - expected) ** 2 / expected for digit in range(10))
        assert chi_squared < 33.7, f"digit {place} is not uniform"  # 9 degrees of freedom, p = 0.0001


def test_a_key_of_an_earlier_version_still_opens_its_challenges() -> None:
    code = DERIVER.code(identity(7, version=1), "forum")
    assert code != DERIVER.code(identity(7, version=2), "forum")
    assert Deriver({1: b"\x01" * 32}, 1).code(identity(7, version=1), "forum") == code


def test_a_challenge_whose_key_is_gone_is_unknown() -> None:
    with pytest.raises(UnknownKeyVersion):
        DERIVER.code(identity(7, version=9), "forum")


def test_a_proof_leads_back_to_its_challenge_for_its_platform_alone() -> None:
    token = DERIVER.proof_token(identity(7), "forum")
    assert DERIVER.proven(token, "forum") == identity(7)
    assert DERIVER.proven(token, "video") is None


@pytest.mark.parametrize("damage", ["", "x", "." * 40, "é" * 68])
def test_what_is_no_proof_proves_nothing(damage: str) -> None:
    assert DERIVER.proven(damage, "forum") is None


def test_a_proof_with_any_character_changed_proves_nothing() -> None:
    token = DERIVER.proof_token(identity(7), "forum")
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert DERIVER.proven(changed, "forum") is None
