"""When the database counts as down."""

from __future__ import annotations

from xacthuc.identity.usecases.breaker import PAUSE, SILENCE, Breaker

NOW_MS = 1_790_000_000_000
PAUSE_MS, SILENCE_MS = (span.total_seconds() * 1000 for span in (PAUSE, SILENCE))


def test_a_lost_connection_means_down_until_somebody_is_answered():
    breaker = Breaker()
    breaker.lost(NOW_MS)
    assert breaker.is_down

    breaker.answered()

    assert not breaker.is_down


def test_one_tries_again_after_each_pause_while_the_others_do_not_wait():
    breaker = Breaker()
    breaker.lost(NOW_MS)

    assert breaker.rests(NOW_MS + PAUSE_MS - 1)
    assert not breaker.rests(NOW_MS + PAUSE_MS)
    assert breaker.rests(NOW_MS + PAUSE_MS)


def test_a_slow_question_is_no_outage():
    breaker = Breaker()
    breaker.busy(NOW_MS)

    assert not breaker.is_down
    assert not breaker.rests(NOW_MS)


def test_slow_questions_with_answers_between_them_are_no_outage():
    breaker = Breaker()
    for second in range(10):
        breaker.busy(NOW_MS + second * 1000)
        breaker.answered()

    assert not breaker.is_down


def test_slow_questions_far_apart_are_no_outage():
    breaker = Breaker()
    for hour in range(10):
        breaker.busy(NOW_MS + hour * 3_600_000)

    assert not breaker.is_down


def test_slow_questions_without_any_answer_are_an_outage():
    breaker = Breaker()
    breaker.busy(NOW_MS)
    breaker.busy(NOW_MS + SILENCE_MS - 1)
    assert not breaker.is_down

    breaker.busy(NOW_MS + SILENCE_MS)

    assert breaker.is_down
