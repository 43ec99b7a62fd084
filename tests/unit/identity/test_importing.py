"""What is taken of a row, what is wrong with others, and who has a number after a batch: without any store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from import_world import phone, row

from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.import_rows import Candidate, ImportedConsent, Judge, microseconds
from xacthuc.identity.domain.importing import Outcome, PhoneOutcome, Proven, Registrar, share
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.policy.sections import Holders, NumberMoves

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
BOUNDS = Bounds(Holders(adults=1, related=2), NumberMoves(most=2, days=30))


@pytest.fixture(scope="module")
def policy():
    loaded = Policy.load()
    return replace(loaded, imports=replace(loaded.imports, accept_phone_evidence=True))


@pytest.fixture
def judge(policy):
    return Judge(policy, NumberPlan.load(), NOW)


def faults(judge, given):
    (verdict,) = judge.batch([given], 0, set())
    return [(fault.field, fault.reason) for fault in verdict.faults]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (row("u", born=(2026, 11, 24)), ("birth_date.day", "IN_FUTURE")),
        (row("u", born=(2999, 1, 1)), ("birth_date.year", "IN_FUTURE")),
        (row("u", born=(2023, 2, 29)), ("birth_date.day", "NOT_ON_CALENDAR")),
        (row("u", born=(1890, 1, 1)), ("birth_date.year", "TOO_OLD")),
        (row("u", name="A" * 300), ("full_name", "TOO_LONG")),
        (row("u", name="Nguyễn\x07 Văn A"), ("full_name", "CONTROL_CHARACTERS")),
        (row("u", name="\u202eA"), ("full_name", "CONTROL_CHARACTERS")),
        (row("u", name="12345"), ("full_name", "NO_LETTERS")),
        (
            row("u", consent=ImportedConsent("1", microseconds(NOW + timedelta(hours=1)))),
            ("consent.accept_time", "IN_FUTURE"),
        ),
        (row("u", phone=phone("024 3825 1234")), ("phone_evidence.phone_number", "FIXED_LINE")),
        (row("u", phone=phone("+1 202 555 0100")), ("phone_evidence.phone_number", "FOREIGN")),
        (row("u", phone=phone("")), ("phone_evidence.phone_number", "NOT_A_NUMBER")),
        (row("u", phone=phone("0912345678", NOW + timedelta(hours=1))), ("phone_evidence.verify_time", "IN_FUTURE")),
    ],
)
def test_what_is_wrong_with_a_row_is_named(judge, given, fault):
    assert faults(judge, given) == [fault]


def test_everything_that_is_wrong_is_named_at_once(judge):
    assert faults(judge, row("u", name="1", born=(2999, 1, 1), phone=phone("113", NOW + timedelta(days=1)))) == [
        ("full_name", "NO_LETTERS"),
        ("birth_date.year", "IN_FUTURE"),
        ("phone_evidence.phone_number", "SERVICE"),
        ("phone_evidence.verify_time", "IN_FUTURE"),
    ]


def test_the_first_row_of_an_account_counts_unless_it_is_refused(judge):
    taken = set()
    first = judge.batch([row("a", name="1"), row("a"), row("a", name="B")], 0, taken)
    later = judge.batch([row("a"), row("b")], 3, taken)

    assert [isinstance(one, Candidate) for one in (*first, *later)] == [False, True, False, False, True]
    assert (first[1].place, later[1].place) == (1, 4)


@pytest.mark.rule("R15")
@pytest.mark.parametrize(("born", "child"), [((2010, 11, 23), False), ((2010, 11, 24), True)])
def test_nothing_but_the_birth_date_is_taken_of_a_child(judge, born, child):
    (taken,) = judge.batch([row("u", born=born, phone=phone("0912345678"))], 0, set())

    assert (taken.person.full_name == "") is child
    assert taken.person.birth_date == date(*born)
    assert (taken.phone is None) is child
    assert taken.phone_outcome is (PhoneOutcome.CHILD if child else PhoneOutcome.ACCEPTED)
    assert Registrar(NOW).imported(taken, taken.phone_outcome).state is (
        State.PENDING_GUARDIAN if child else State.VERIFIED
    )


def test_equal_verdicts_are_one_object(judge):
    registrar = Registrar(NOW)
    made = {id(registrar.imported(one, PhoneOutcome.NONE)) for one in judge.batch([row("a"), row("b")], 0, set())}

    assert len(made) == 1
    assert registrar.imported(*judge.batch([row("c")], 0, set()), PhoneOutcome.NONE).outcome is Outcome.IMPORTED


def proven(account, day, person=None):
    return Proven(NOW - timedelta(days=100 - day), account, person)


@pytest.mark.rule("R30")
def test_the_latest_proof_wins_whoever_holds_the_number():
    shares = share([proven("held", 2)], [proven("early", 1), proven("late", 3)], (), BOUNDS, NOW)

    assert shares.refused == {"early": PhoneOutcome.OLDER_PROOF}
    assert shares.displaced == ("held",)


@pytest.mark.rule("R32")
def test_accounts_of_one_person_stand_beside_each_other_up_to_their_cap():
    shares = share([proven("a", 1, b"p")], [proven("b", 2, b"p"), proven("c", 3, b"p")], (), BOUNDS, NOW)

    assert shares.refused == {"c": PhoneOutcome.TOO_MANY_ACCOUNTS}
    assert shares.displaced == ()


def test_a_family_that_stands_on_one_number_is_not_parted_by_an_older_proof():
    shares = share([proven("mother", 2, b"m"), proven("father", 3, b"f")], [proven("early", 1)], (), BOUNDS, NOW)

    assert shares.refused == {"early": PhoneOutcome.OLDER_PROOF}
    assert shares.displaced == ()


def test_a_number_that_moved_too_often_stays_where_it_is():
    moves = (NOW - timedelta(days=1), NOW - timedelta(days=2))
    shares = share([proven("held", 1)], [proven("new", 2)], moves, BOUNDS, NOW)

    assert shares.refused == {"new": PhoneOutcome.MOVED_TOO_OFTEN}
    assert shares.displaced == ()


def test_moves_do_not_hold_back_newcomers_of_a_number_that_nobody_has():
    moves = (NOW - timedelta(days=1), NOW - timedelta(days=2))

    assert share([], [proven("a", 1), proven("b", 2)], moves, BOUNDS, NOW).refused == {"a": PhoneOutcome.OLDER_PROOF}
