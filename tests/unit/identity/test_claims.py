"""Who keeps a number when another account proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.identity.domain.claims import Bounds, Claim, ClaimRefusal, Held, Holder, Tie, claim
from xacthuc.policy.sections import Holders, NumberMoves

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def holders(*names, tie=Tie.NONE):
    return tuple(Holder(name, tie) for name in names)


def decide(*standing, adults=1, related=5, moves=(), newest=None, verify_time=NOW, most=3):
    held = Held(holders=standing, newest_verify_time=newest, moves=tuple(moves))
    bounds = Bounds(Holders(adults=adults, related=related), NumberMoves(most=most, days=30))
    return claim(held, verify_time, bounds, NOW)


def test_a_free_number_displaces_nobody():
    assert Claim(()) == decide()


@pytest.mark.rule("R30")
def test_possession_wins_over_the_former_holder():
    assert Claim(("old",)) == decide(*holders("old"))


@pytest.mark.rule("R32")
def test_beyond_the_cap_the_earliest_holders_lose_the_number():
    assert Claim(("a", "b")) == decide(*holders("a", "b", "c"), adults=2)
    assert Claim(()) == decide(*holders("a"), adults=2)


@pytest.mark.rule("R32")
def test_related_accounts_stand_beside_each_other_up_to_their_own_cap():
    family = holders("a", "b", "c", "d", tie=Tie.RELATED)

    assert Claim(()) == decide(*family)
    assert decide(*family, *holders("e", tie=Tie.RELATED)) is ClaimRefusal.TOO_MANY_ACCOUNTS


@pytest.mark.rule("R30")
def test_the_earliest_unrelated_holder_goes_before_any_related_one():
    standing = (*holders("mine", tie=Tie.RELATED), *holders("first", "second"))

    assert Claim(("first",)) == decide(*standing, adults=3)
    assert Claim(("first", "second")) == decide(*standing)


@pytest.mark.rule("R32")
def test_children_are_counted_apart_from_the_guardians_own_accounts():
    wards = holders(*"abcdefgh", tie=Tie.WARD)

    assert Claim(()) == decide(*wards)
    assert Claim(("old",)) == decide(*wards, *holders("old"))


@pytest.mark.rule("R30")
def test_a_number_that_passes_between_strangers_too_often_stays_where_it_is():
    recent = [NOW - timedelta(days=29, hours=number) for number in range(3)]

    assert decide(*holders("old"), moves=recent) is ClaimRefusal.MOVED_TOO_OFTEN
    assert Claim(("old",)) == decide(*holders("old"), moves=recent[1:])
    assert Claim(("old",)) == decide(*holders("old"), moves=[NOW - timedelta(days=30), *recent[1:]])


def test_whoever_moves_nobody_may_prove_a_number_however_often_it_moved():
    assert Claim(()) == decide(*holders("mine", tie=Tie.RELATED), moves=[NOW] * 9)
    assert Claim(()) == decide(moves=[NOW] * 9)


@pytest.mark.rule("R30")
def test_a_proof_from_before_the_numbers_newest_verification_displaces_nobody():
    newest = NOW - HOUR

    early = decide(*holders("new"), newest=newest, verify_time=newest - timedelta(microseconds=1))

    assert early is ClaimRefusal.OLDER_PROOF
    assert Claim(("new",)) == decide(*holders("new"), newest=newest, verify_time=newest)
