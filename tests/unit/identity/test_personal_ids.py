"""What a personal ID may be given for, and what somebody's word on it is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.facts import FOREVER_MS, EvidenceKind, Facts, Life
from xacthuc.identity.domain.personal_ids import Bar, Details, Ground, Outcome, Proven, Waits, bar, pause_after
from xacthuc.identity.domain.rulings import Told, rule
from xacthuc.identity.domain.sandbox import Script, is_reserved, script_of
from xacthuc.policy import Policy

NOW_MS = 1_790_000_000_000
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
RULES = Policy.load().personal_id
HOLDER = Details(personal_id="001090012345", full_name="Nguyễn Văn Hoà", birth_date=date(1990, 1, 2))
SOON = Waits(pause=timedelta(seconds=5))


def told(signed_in=False, **changes):
    details = replace(HOLDER, **changes)
    return Told(details=details, source="eid/x", level="2", transaction_id="t", time=NOW, signed_in=signed_in)


def ruled(*answers, rules=RULES):
    return rule(HOLDER, answers, rules)


@pytest.mark.rule("R2")
@pytest.mark.parametrize("ground", Ground)
@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (Facts(registered=True, life=Life.CLOSED), Bar.CLOSED),
        (Facts(registered=True, life=Life.ERASURE_SCHEDULED, complete=False), Bar.CLOSED),
        (Facts(registered=True, child_until_ms=NOW_MS + 1), Bar.GUARDIAN_REQUIRED),
        (Facts(registered=True, complete=False), Bar.DETAILS_REQUIRED),
        (Facts(registered=True), None),
    ],
)
def test_who_may_give_a_personal_id(facts, found, ground):
    assert bar(facts, ground, NOW_MS) is found


@pytest.mark.rule("R2")
@pytest.mark.parametrize(
    ("ground", "reverify_from_ms", "found"),
    [
        (Ground.NO_MOBILE, FOREVER_MS, Bar.PHONE_FIRST),
        (Ground.NO_MOBILE, NOW_MS, None),
        (Ground.COMMERCE, FOREVER_MS, None),
    ],
)
def test_a_number_that_stands_comes_first_except_for_sellers(ground, reverify_from_ms, found):
    facts = Facts(registered=True, evidence=frozenset({EvidenceKind.PHONE}), reverify_from_ms=reverify_from_ms)

    assert bar(facts, ground, NOW_MS) is found


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("changes", "agrees"),
    [
        ({}, True),
        ({"full_name": "NGUYEN VAN HOA"}, True),
        ({"full_name": "nguyễn văn hòa"}, True),
        ({"full_name": "Hoà Nguyễn Văn"}, False),
        ({"full_name": "Nguyễn Hoà"}, False),
        ({"full_name": "12345"}, False),
        ({"full_name": "x" * 2_000}, False),
        ({"birth_date": date(1990, 2, 1)}, False),
        ({"personal_id": "001090012346"}, False),
        ({"full_name": None, "birth_date": None, "personal_id": None}, True),
    ],
)
def test_a_word_counts_that_agrees_in_whatever_it_repeats(changes, agrees):
    found = ruled(told(**changes))

    assert isinstance(found, Proven) if agrees else found is Outcome.DETAILS_DIFFER


@pytest.mark.rule("R41")
@pytest.mark.parametrize("untold", ["personal_id", "full_name", "birth_date"])
def test_who_signed_in_must_be_told_apart_from_everybody(untold):
    assert ruled(told(signed_in=True, **{untold: None})) is Outcome.NOT_CONFIRMED


@pytest.mark.parametrize("number", ["01090012345", "0010900123456", "00109001234x", "\u0660" * 12])
def test_a_sign_in_brings_a_number_as_it_was_issued_or_none(number):
    assert ruled(told(signed_in=True, personal_id=number)) is Outcome.NOT_CONFIRMED


def test_an_order_of_words_is_a_policy():
    rules = replace(RULES, name_match="SAME_WORDS_OTHER_ORDER")

    assert isinstance(ruled(told(full_name="Hoà Nguyễn Văn"), rules=rules), Proven)


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ((), Outcome.DECLARED),
        ((Outcome.DECLARED,), Outcome.DECLARED),
        ((Outcome.NOT_CONFIRMED,), Outcome.NOT_CONFIRMED),
        ((Outcome.DECLARED, Outcome.DENIED), Outcome.DENIED),
        ((Outcome.NOT_CONFIRMED, SOON), SOON),
    ],
)
def test_a_no_is_the_last_word_once_everybody_has_answered(answers, found):
    assert ruled(*answers) == found


@pytest.mark.rule("R41")
@given(st.lists(st.sampled_from([SOON, *Outcome]), max_size=4))
def test_nothing_but_somebodys_word_proves(answers):
    assert not isinstance(ruled(*answers), Proven)


@given(st.lists(st.sampled_from([SOON, *Outcome]), max_size=4), st.integers(0, 4))
def test_one_word_that_agrees_proves_whatever_others_say(answers, place):
    answers.insert(place, told())

    assert isinstance(ruled(*answers), Proven)


@given(st.timedeltas(timedelta(), timedelta(days=30)), st.timedeltas(timedelta(), timedelta(hours=2)))
def test_pauses_grow_up_to_an_hour_and_respect_what_was_asked_for(asked_for, hint):
    pause = pause_after(asked_for, hint)

    assert hint <= pause <= max(hint, timedelta(hours=1))
    assert pause <= pause_after(asked_for * 2, hint)


@pytest.mark.parametrize("script", Script)
def test_a_reserved_number_has_its_script_in_its_last_digit(script):
    assert is_reserved(f"00009000000{script.value}")
    assert script_of(f"00009000000{script.value}") is script


@pytest.mark.parametrize("number", ["001090000000", "000090000010", "00009000000", "0000900000001"])
def test_other_numbers_are_nobodys_script(number):
    assert not is_reserved(number)
