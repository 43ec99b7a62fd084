"""No token that differs from an issued one is believed, and nothing a stranger sends ends in anything but a TokenError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_issuer import ISSUER, NOW, PLATFORM, Issuer, claims, forged, header

from xacthuc.ids import decode, encode
from xacthuc.tokens import standing
from xacthuc.tokens.errors import TokenError
from xacthuc.tokens.keys import KeySetError, PublicKeys

TOKEN = Issuer().token()
KEYS = PublicKeys.read(Issuer().signer.jwks())
OTHER = Issuer().token(account="mallory")
PARTS = st.sampled_from([0, 1, 2])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
"""Also NaN and numbers beyond any integer, as Python's own writer spells them."""


def believed(token: str) -> standing.Standing | None:
    try:
        return standing.verify(token, platform=PLATFORM, issuer=ISSUER, keys=KEYS, now=NOW)
    except TokenError:
        return None


@given(st.data())
def test_a_token_with_any_bit_flipped_is_refused(data):
    parts = TOKEN.split(".")
    part = data.draw(PARTS)
    raw = bytearray(decode(parts[part]))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    parts[part] = encode(bytes(raw))

    assert believed(".".join(parts)) is None


@given(position=st.integers(0, len(TOKEN) - 1), character=st.characters())
def test_a_token_with_any_character_changed_is_refused(position, character):
    """Also those whose bits base64 leaves unused, so that a token has one spelling."""
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]

    assert (believed(changed) is not None) == (changed == TOKEN)


@given(position=st.integers(0, len(TOKEN)), text=st.text(min_size=1, max_size=3))
def test_a_token_with_anything_added_is_refused(position, text):
    assert believed(TOKEN[:position] + text + TOKEN[position:]) is None


@given(start=st.integers(0, len(TOKEN) - 1), length=st.integers(1, 80))
def test_a_token_with_anything_left_out_is_refused(start, length):
    assert believed(TOKEN[:start] + TOKEN[start + length :]) is None


@given(part=PARTS)
def test_parts_of_two_tokens_make_none(part):
    parts = TOKEN.split(".")
    theirs = OTHER.split(".")[part]
    mixed = ".".join([*parts[:part], theirs, *parts[part + 1 :]])

    assert (believed(mixed) is not None) == (mixed == TOKEN)


@given(st.text(max_size=300) | st.binary(max_size=200).map(encode))
def test_what_a_stranger_sends_is_refused_and_raises_nothing_else(text):
    assert believed(text) is None
    assert believed(f"{text}.{text}.{text}") is None
    assert believed(f"{TOKEN.split('.')[0]}.{text}.{text}") is None


@given(name=st.sampled_from(["alg", "typ", "kid", "crit"]), value=json_values)
def test_a_header_that_says_anything_else_is_refused_though_the_key_signed_it(name, value):
    said = header() | {name: value}

    assert believed(forged(said, claims())) is None or said == header()


@given(name=st.sampled_from(["iss", "aud", "sub", "iat", "exp", "nbf", "policy", "acts"]), value=json_values)
def test_claims_that_the_key_signed_are_believed_only_within_their_limits(name, value):
    standing_or_none = believed(forged(header(), claims() | {name: value}))

    if standing_or_none is not None:
        assert standing_or_none.issue_time <= NOW < standing_or_none.expire_time
        assert (
            isinstance(value, (str, list))
            if name in {"sub", "policy", "acts"}
            else name in {"nbf", "iat", "exp"} or (value == claims()[name])
        )


@given(json_values)
def test_a_payload_that_is_anything_else_is_refused_though_the_key_signed_it(value):
    assert believed(forged(header(), json.dumps(value).encode())) is None


@given(json_values | st.fixed_dictionaries({"keys": json_values}))
def test_a_document_that_is_no_key_set_is_refused_and_raises_nothing_else(document):
    with pytest.raises(KeySetError):
        PublicKeys.read(document)
