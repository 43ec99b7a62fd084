"""Rings at every step of a rotation, each with its neighbours: what one makes, the other opens and finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.adapters.account_cipher import AccountCipher, KeyWrapper
from xacthuc.sealing import BlindIndex, KeyRing, Sealer, UnknownSealKeyError, UnsealError, lock_ids
from xacthuc.sealing.sealer import NONCE_BYTES

A, B = bytes(32), bytes([1]) * 32
STEPS = (
    KeyRing(keys={0: A}, current=0),
    KeyRing(keys={0: A, 1: B}, current=0),
    KeyRing(keys={0: A, 1: B}, current=1),
    KeyRing(keys={1: B}, current=1),
)
neighbours = st.integers(0, 2).flatmap(lambda step: st.permutations([STEPS[step], STEPS[step + 1]]))
words = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)
places = st.tuples(words, words)
kinds = st.sampled_from(["person", "number"])


@given(neighbours, places, st.binary(max_size=200))
def test_what_one_step_wraps_the_next_opens_and_wraps_anew(pair, place, plain):
    maker, reader = (KeyWrapper(Sealer(ring)) for ring in pair)
    platform, account_id = place
    ((cipher,), (wrapped,)) = maker.make_many(platform, [account_id])
    sealed = cipher.seal("number", plain)

    assert reader.open(*place, wrapped).open("number", sealed) == plain
    assert maker.open(*place, reader.rewrap(*place, wrapped)).open("number", sealed) == plain


@given(neighbours, words, words)
def test_what_one_step_indexes_the_next_finds(pair, platform, value):
    maker, reader = (BlindIndex(ring, "phone") for ring in pair)
    made = maker.of(platform, value)

    assert made in reader.every(platform, value)
    assert set(lock_ids(maker.every(platform, value))) & set(lock_ids(reader.every(platform, value)))


@given(st.sampled_from(STEPS[1:3]), words, words, words)
def test_an_index_matches_its_own_value_alone_under_any_version(ring, platform, value, other):
    index = BlindIndex(ring, "phone")

    for kept in index.every(platform, value):
        assert index.matches(kept, platform, value)
        assert index.matches(kept, platform, other) is (value == other)


@given(words)
def test_an_index_whose_key_is_gone_says_so(value):
    made = BlindIndex(STEPS[0], "phone").of("forum", value)

    with pytest.raises(UnknownSealKeyError):
        BlindIndex(STEPS[3], "phone").matches(made, "forum", value)


@given(places, places, kinds, kinds, st.binary(max_size=100))
def test_what_is_sealed_opens_in_its_own_place_alone(place, other_place, kind, other_kind, plain):
    sealed = AccountCipher(*place, A).seal(kind, plain)
    stranger = AccountCipher(*other_place, A)

    if (place, kind) == (other_place, other_kind):
        assert stranger.open(other_kind, sealed) == plain
    else:
        with pytest.raises(UnsealError):
            stranger.open(other_kind, sealed)


@given(places, st.binary(max_size=100), st.data())
def test_a_changed_bit_opens_nothing(place, plain, data):
    cipher = AccountCipher(*place, A)
    sealed = bytearray(cipher.seal("number", plain))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(UnsealError):
        cipher.open("number", bytes(sealed))


@given(st.lists(st.binary(min_size=17, max_size=17), max_size=8), st.randoms())
def test_locks_are_taken_in_one_order(indexes, chance):
    shuffled = list(indexes)
    chance.shuffle(shuffled)

    assert lock_ids(shuffled) == lock_ids(indexes) == sorted(lock_ids(indexes))


@given(words, st.lists(words, min_size=1, max_size=8, unique=True), st.integers(1, 5))
def test_no_two_seals_of_a_batch_of_accounts_share_a_nonce(platform, account_ids, each):
    made = KeyWrapper(Sealer(STEPS[0])).make_many(platform, account_ids)

    sealed = AccountCipher.seal_each("number", made.ciphers * each, [b"same"] * len(account_ids) * each)
    nonces = {blob[1 : 1 + NONCE_BYTES] for blob in [*sealed, *made.wrapped]}
    assert len(nonces) == len(account_ids) * (each + 1)


@given(words, st.lists(words, min_size=1, max_size=8, unique=True), st.binary(max_size=20))
def test_what_each_of_a_batch_of_accounts_seals_its_wrapped_key_opens(platform, account_ids, plain):
    wrapper = KeyWrapper(Sealer(STEPS[0]))

    made = wrapper.make_many(platform, account_ids)
    sealed = AccountCipher.seal_each("number", made.ciphers, [plain] * len(account_ids))
    for account_id, wrapped, blob in zip(account_ids, made.wrapped, sealed, strict=True):
        assert wrapper.open(platform, account_id, wrapped).open("number", blob) == plain


@given(places)
def test_nothing_and_another_version_open_as_neither(place):
    cipher = AccountCipher(*place, A)
    sealed = cipher.seal("number", b"text")

    with pytest.raises(UnsealError):
        cipher.open("number", b"")
    with pytest.raises(UnknownSealKeyError):
        cipher.open("number", b"\x01" + sealed[1:])
