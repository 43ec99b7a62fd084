"""How facts are spelled in the cache."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import facts

from xacthuc.identity.adapters.standing_bytes import _MOST_UNDERSTOOD, Decoder, encode
from xacthuc.identity.domain.facts import EvidenceKind, Facts
from xacthuc.identity.ports.standing import Standing
from xacthuc.valkey.errors import StoreError

INSTANTS = st.integers(min_value=0, max_value=2**62)


@given(facts, INSTANTS)
def test_facts_come_back_as_they_were(known, read_ms):
    standing = Standing(known, read_ms)

    decode = Decoder().one

    assert standing == decode(encode(standing)) == decode(encode(standing))


@given(st.binary(max_size=80).filter(lambda kept: len(kept) != 57 or kept[0] != 2))
def test_what_another_version_wrote_counts_as_nothing(kept):
    assert Decoder().one(kept) is None


def test_accounts_of_which_the_same_is_known_share_one_object():
    decode = Decoder().one
    known = Facts(registered=True, evidence=frozenset({EvidenceKind.PHONE}))
    one, two = (decode(encode(Standing(known, read_ms))) for read_ms in (1, 2))

    assert one.facts is two.facts
    assert (one.read_ms, two.read_ms) == (1, 2)


def test_what_is_understood_is_bounded():
    decoder = Decoder()
    for child_until_ms in range(3 * _MOST_UNDERSTOOD):
        decoder.one(encode(Standing(Facts(registered=True, child_until_ms=child_until_ms), 1)))

    assert len(decoder._understood) <= _MOST_UNDERSTOOD


def test_many_are_read_as_each_is_and_what_was_not_told_is_marked():
    one, two = (Standing(Facts(registered=True, asked=asked), asked + 1) for asked in (False, True))

    told = Decoder().all([encode(one), encode(two)])
    partly = Decoder().all([encode(one), None, b"of another version", StoreError("down"), encode(two)])

    assert told == ([one.facts, two.facts], (1, 2), frozenset())
    assert partly == ([one.facts, None, None, None, two.facts], [1, 0, 0, 0, 2], frozenset({3}))


def test_the_bytes_of_another_version_are_read_as_nothing_among_many():
    standing = Standing(Facts(registered=True), 5)
    other = bytes([9]) + encode(standing)[1:]

    assert Decoder().all([encode(standing), other]) == ([standing.facts, None], [5, 0], frozenset())
