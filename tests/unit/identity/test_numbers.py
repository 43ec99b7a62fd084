"""Which accounts may prove a number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xacthuc.identity.domain.claims import Bounds, Claim, ClaimRefusal, Held
from xacthuc.identity.domain.facts import FOREVER_MS, EvidenceKind, Facts, Life
from xacthuc.identity.domain.numbers import Claimant, NumberRefusal, prove
from xacthuc.policy.sections import Holders

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
BOUNDS = Bounds(Holders(adults=1, related=5))
UNPROVEN = Facts(registered=True)
PROVEN = UNPROVEN._replace(evidence=frozenset({EvidenceKind.PHONE}))


def decide(facts, *, change=False, same_number=False, newest=None):
    claimant = Claimant(facts=facts, same_number=same_number, held=Held(newest_verify_time=newest))
    return prove(claimant, NOW, BOUNDS, NOW, change=change)


def test_a_first_number_is_added():
    assert Claim(()) == decide(UNPROVEN)


def test_proving_the_same_number_again_renews_it():
    assert Claim(()) == decide(PROVEN, same_number=True)


def test_an_older_proof_does_not_set_an_accounts_own_verification_back():
    later = NOW.replace(hour=4)

    assert decide(PROVEN, same_number=True, newest=later) is ClaimRefusal.OLDER_PROOF


def test_another_number_than_the_proven_one_is_a_change_of_number():
    assert decide(PROVEN) is NumberRefusal.OTHER_NUMBER
    assert Claim(()) == decide(PROVEN, change=True)


def test_where_no_number_stands_there_is_none_to_change():
    assert decide(UNPROVEN, change=True) is NumberRefusal.NO_NUMBER


@pytest.mark.rule("R15")
@pytest.mark.parametrize("change", [False, True])
def test_a_child_proves_no_number_until_the_sixteenth_birthday(change):
    known = PROVEN if change else UNPROVEN

    assert decide(known._replace(child_until_ms=NOW_MS + 1), change=change) is NumberRefusal.GUARDIAN_REQUIRED
    assert Claim(()) == decide(known._replace(child_until_ms=NOW_MS), change=change)


@pytest.mark.rule("R10")
def test_name_and_birth_date_come_before_the_number():
    assert decide(UNPROVEN._replace(complete=False)) is NumberRefusal.DETAILS_REQUIRED


@pytest.mark.parametrize("life", sorted(set(Life) - {Life.OPEN}))
def test_an_account_that_ended_proves_nothing(life):
    assert decide(UNPROVEN._replace(life=life)) is NumberRefusal.CLOSED


def test_a_locked_account_may_prove_a_number_as_a_lock_forbids_writing_alone():
    assert Claim(()) == decide(UNPROVEN._replace(locked_until_ms=FOREVER_MS))
