"""Cursors and ids of events: they stand for one place, and nobody can make one up."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.ids import decode, encode
from xacthuc.watching.places import Places

PLACES = Places(bytes(range(32)))
POSITIONS, NUMBERS = st.integers(0, 2**63 - 1), st.integers(0, 2**16 - 1)


@given(POSITIONS)
def test_a_cursor_is_read_back_and_fits_the_contract(position):
    cursor = PLACES.cursor(position)

    assert PLACES.position(cursor) == position
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", cursor)


@given(POSITIONS, NUMBERS)
def test_an_event_is_read_back(position, number):
    assert PLACES.event(PLACES.event_id(position, number)) == (position, number)


@given(POSITIONS, NUMBERS)
def test_neither_passes_for_the_other(position, number):
    assert PLACES.position(PLACES.event_id(position, number)) is None
    assert PLACES.event(PLACES.cursor(position)) is None


@given(POSITIONS)
def test_that_of_another_outbox_is_nothing_here(position):
    assert PLACES.position(Places(bytes(32)).cursor(position)) is None


@given(POSITIONS, st.integers(0, 127))
def test_one_changed_bit_is_noticed(position, bit):
    raw = int.from_bytes(decode(PLACES.cursor(position)), "big") ^ (1 << bit)

    assert PLACES.position(encode(raw.to_bytes(16, "big"))) is None


@given(st.text(max_size=40))
def test_anything_else_is_no_cursor(text):
    assert PLACES.position(text) is None
