"""Who keeps a number when another account proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.identity.domain.account import Account, Evidence
from xacthuc.identity.domain.claims import Claim, ClaimRefusal, Held, claim
from xacthuc.identity.domain.facts import EvidenceKind, Facts

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)


def held(*kinds, holders=(), same_number=False, child_until=None, newest=None):
    account = Account(
        account_id="me",
        facts=Facts(
            registered=True,
            evidence=frozenset(kinds),
            child_until_ms=0 if child_until is None else round(child_until.timestamp() * 1000),
        ),
        evidence=tuple(Evidence(kind=kind, verify_time=NOW, source="otp/sms") for kind in kinds),
        create_time=NOW,
        update_time=NOW,
    )
    return Held(account=account, same_number=same_number, holders=holders, newest_verify_time=newest)


def decide(held, most_accounts, verify_time=NOW):
    return claim(held, verify_time, most_accounts, NOW_MS)


def test_a_free_number_displaces_nobody():
    assert Claim(()) == decide(held(), 1)


@pytest.mark.rule("R30")
def test_possession_wins_over_the_former_holder():
    assert Claim(("old",)) == decide(held(holders=("old",)), 1)


@pytest.mark.rule("R32")
def test_beyond_the_cap_the_earliest_holders_lose_the_number():
    assert Claim(("a", "b")) == decide(held(holders=("a", "b", "c")), 2)
    assert Claim(()) == decide(held(holders=("a",)), 2)


def test_proving_the_same_number_again_displaces_nobody():
    assert Claim(()) == decide(held(EvidenceKind.PHONE, same_number=True), 1)


def test_another_number_than_the_proven_one_is_a_change_of_number():
    assert decide(held(EvidenceKind.PHONE), 1) is ClaimRefusal.OTHER_NUMBER


@pytest.mark.rule("R15")
def test_a_child_proves_no_number():
    child = held(child_until=NOW + timedelta(days=1), holders=("old",))

    assert decide(child, 1) is ClaimRefusal.GUARDIAN_REQUIRED


def test_who_turned_sixteen_may_prove_a_number():
    assert Claim(()) == decide(held(child_until=NOW), 1)


@pytest.mark.rule("R30")
def test_a_proof_from_before_the_numbers_newest_verification_displaces_nobody():
    newest = NOW - timedelta(hours=1)
    proven = held(holders=("new",), newest=newest)

    assert decide(proven, 1, newest - timedelta(microseconds=1)) is ClaimRefusal.OLDER_PROOF
    assert Claim(("new",)) == decide(proven, 1, newest)


def test_an_older_proof_does_not_set_an_accounts_own_verification_back():
    own = held(EvidenceKind.PHONE, same_number=True, newest=NOW)

    assert decide(own, 1, NOW - timedelta(seconds=1)) is ClaimRefusal.OLDER_PROOF
