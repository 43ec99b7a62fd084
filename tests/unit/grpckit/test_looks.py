"""Looks at what shows nothing of a person are told once a minute, and not forgotten when they could not be."""

from __future__ import annotations

import pytest

from xacthuc.grpckit.looks import EVERY_MS, Looks

AN, BINH = ("operator:an", "ListJobs"), ("operator:binh", "ListJobs")


@pytest.fixture
def told():
    return []


@pytest.fixture
def note(told):
    looks = Looks()

    async def noted(look, now_ms):
        async def write():
            told.append((look, now_ms))

        await looks.note(look, now_ms, write)

    noted.looks = looks
    return noted


async def test_who_asks_every_second_is_told_of_once_a_minute(note, told):
    for now_ms in range(0, 2 * EVERY_MS, 1_000):
        await note(AN, now_ms)

    assert told == [(AN, 0), (AN, EVERY_MS)]


async def test_another_operator_and_another_thing_are_told_of_by_themselves(note, told):
    for look in (AN, BINH, (*AN, "forum"), AN):
        await note(look, 5)

    assert told == [(AN, 5), (BINH, 5), ((*AN, "forum"), 5)]


async def test_what_could_not_be_written_is_tried_with_the_next_look(note, told):
    async def fails():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await note.looks.note(AN, 0, fails)
    await note(AN, 1)

    assert told == [(AN, 1)]


@pytest.mark.parametrize("apart_ms", [0, 10])
async def test_what_is_remembered_has_an_end(note, told, apart_ms):
    for number in range(30_000):
        await note((f"operator:{number}",), number * apart_ms)

    assert len(told) == 30_000
    assert len(note.looks._noted) <= 10_000
