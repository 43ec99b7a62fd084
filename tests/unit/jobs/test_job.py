"""What a job, an answer and a kind of work may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.jobs.job import Done, Job, RetryAt, Work


async def nothing(_job):
    return None


@pytest.mark.parametrize("word", ["", "two words", "số", "x" * 65, "9lives", "a-b"])
def test_kinds_and_outcomes_are_words(word):
    with pytest.raises(ValueError, match=r"^kind: "):
        Job(word, "1")
    with pytest.raises(ValueError, match=r"^outcome: "):
        Done(word)
    with pytest.raises(ValueError, match=r"^outcome: "):
        RetryAt(datetime.now(UTC), word)


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_is_there_and_fits_into_an_index(key):
    with pytest.raises(ValueError, match=r"^key: "):
        Job("CHECK", key)


def test_times_without_a_zone_are_refused():
    naive = datetime(2027, 1, 1)  # noqa: DTZ001 - that is the point

    with pytest.raises(ValueError, match=r"^not_before: "):
        Job("CHECK", "1", {}, naive)
    with pytest.raises(ValueError, match=r"^when: "):
        RetryAt(naive)


@pytest.mark.rule("R12")
def test_a_job_shows_neither_its_key_nor_its_payload():
    shown = repr(Job("CHECK", "hoa-ban-7731", {"id": "hoa-ban-7732"}))

    assert "hoa-ban" not in shown


def test_waits_do_not_shrink():
    with pytest.raises(ValueError, match=r"^waits: "):
        Work(nothing, (timedelta(hours=1), timedelta(minutes=1)))


def test_the_waits_are_the_number_of_attempts():
    assert Work(nothing, ()).most_failures == 1
    assert Work(nothing, (timedelta(1), timedelta(2))).most_failures == 3
