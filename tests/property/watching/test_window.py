"""The window of newest events, against a plain list of everything that happened."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.watching.window import ALL, Chunk, Window

PLATFORMS = "pqr"
MOST = 12


class Event(NamedTuple):
    position: int
    platform: str
    number: int


@st.composite
def histories(draw):
    """Chunks of positions, each position with any number of events of one platform."""
    chunks, position = [], 0
    for size in draw(st.lists(st.integers(1, 5), max_size=12)):
        rows = [(draw(st.sampled_from(PLATFORMS)), draw(st.integers(0, 3))) for _ in range(size)]
        events = [
            Event(position + place, platform, number)
            for place, (platform, count) in enumerate(rows, start=1)
            for number in range(count)
        ]
        chunks.append(Chunk(events, position, position + size))
        position += size
    return chunks


def filled(chunks):
    window, everything = Window(0, MOST), []
    for chunk in chunks:
        window.append(chunk)
        batch = chunk.behind(chunk.after, ALL)
        everything += batch.events if batch else []
    return window, everything


@given(histories(), st.sampled_from([*PLATFORMS, ALL]), st.data())
def test_whoever_reads_on_from_anywhere_it_reaches_sees_all_of_the_platform_once_and_in_order(chunks, platform, data):
    window, everything = filled(chunks)
    position = begin = data.draw(st.integers(window.start, window.end))
    seen = []
    while position < window.end:
        batch = window.behind(position, platform)
        assert batch.position > position
        seen += batch.events
        position = batch.position

    wanted = [one for one in everything if one.position > begin and platform in {ALL, one.platform}]
    assert seen == wanted


@given(histories(), st.sampled_from([*PLATFORMS, ALL]), st.data())
def test_it_owns_up_to_what_it_has_let_go(chunks, platform, data):
    window, _ = filled(chunks)
    position = data.draw(st.integers(0, window.end))

    assert (window.behind(position, platform) is None) == (position < window.start)


@given(histories())
def test_it_holds_no_more_than_it_may_but_for_one_chunk(chunks):
    window, everything = filled(chunks)

    held = [one for one in everything if one.position > window.start]
    last = chunks[-1].size if chunks else 0
    assert len(held) <= max(MOST, last)


@given(histories())
def test_up_to_date_watchers_of_a_platform_get_one_and_the_same_batch(chunks):
    window, _ = filled(chunks)
    if chunks and chunks[-1].after >= window.start:
        after = chunks[-1].after
        for platform in chunks[-1].watched:
            assert window.behind(after, platform) is window.behind(after, platform)


def test_a_chunk_that_does_not_follow_is_refused():
    window = Window(3, MOST)

    with pytest.raises(ValueError, match="must begin where the window ends"):
        window.append(Chunk([], 4, 5))
