"""Which key a token may be signed by, and that nothing a provider sends ends in anything but a word of ours."""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from xacthuc import ids
from xacthuc.identity.adapters.oidc.causes import Disbelieved, Unusable
from xacthuc.identity.adapters.oidc.provider_file import Algorithm
from xacthuc.identity.adapters.oidc.signatures import Header, KeySet, read_header, verified

EC = ECKey.generate_key("P-256", private=True).as_dict(private=False)
OTHER_EC = ECKey.generate_key("P-256", private=True).as_dict(private=False)
RSA = RSAKey.generate_key(2048, private=True).as_dict(private=False)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def finds(keys, algorithm: str, key_id: str | None) -> bool:
    return KeySet({"keys": list(keys)}).find(Header(Algorithm(algorithm), key_id)) is not None


def test_a_key_is_found_by_its_id():
    keys = [{**EC, "kid": "a"}, {**OTHER_EC, "kid": "b"}, {**RSA, "kid": "c"}]

    assert finds(keys, "ES256", "b")
    assert not finds(keys, "ES256", "c")
    assert not finds(keys, "ES256", "d")


def test_a_token_without_id_leaves_no_choice():
    assert finds([{**EC, "kid": "a"}, {**RSA, "kid": "b"}], "ES256", None)
    assert not finds([{**EC, "kid": "a"}, {**OTHER_EC, "kid": "b"}], "ES256", None)


def test_two_keys_of_one_id_are_told_apart_by_kind_alone():
    assert finds([{**EC, "kid": "a"}, {**RSA, "kid": "a"}], "ES256", "a")
    assert not finds([{**EC, "kid": "a"}, {**OTHER_EC, "kid": "a"}], "ES256", "a")


@pytest.mark.parametrize(
    "key",
    [
        {**EC, "use": "enc"},
        {**EC, "key_ops": ["sign"]},
        {**EC, "alg": "ES384"},
        {**EC, "alg": None},
        {**EC, "crv": "P-999"},
        {**EC, "x": "AAAA"},
        {**EC, "kty": "RSA"},
        ECKey.generate_key("P-384", private=True).as_dict(private=False),
        OKPKey.generate_key("Ed448", private=True).as_dict(private=False),
        OKPKey.generate_key("X25519", private=True).as_dict(private=False),
        {**RSA, "n": RSA["n"][:171]},
        {**RSA, "n": RSA["n"] * 5},
        OctKey.generate_key(256).as_dict(private=True),
        {},
        "key",
    ],
    ids=[
        "for encryption",
        "for signing only",
        "for another algorithm",
        "for no algorithm",
        "on no curve",
        "half a point",
        "of another kind",
        "on a longer curve",
        "on Ed448",
        "for agreement",
        "too short",
        "too long",
        "a secret",
        "nothing",
        "no object",
    ],
)
def test_a_key_that_may_not_sign_tokens_is_passed_over(key):
    named = {**key, "kid": "a"} if isinstance(key, dict) else key

    assert not any(finds([named], algorithm, "a") for algorithm in Algorithm)


def test_a_key_for_one_algorithm_serves_no_other():
    assert finds([{**RSA, "kid": "a", "alg": "PS256"}], "PS256", "a")
    assert not finds([{**RSA, "kid": "a", "alg": "PS256"}], "RS256", "a")


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": [EC] * 65}], ids=["none", "no list", "too many"])
def test_what_is_no_key_set_is_unusable(document):
    with pytest.raises(Unusable):
        KeySet(document)


def test_a_token_of_endless_length_is_not_read():
    with pytest.raises(Unusable):
        read_header("e30." + "A" * 40_000 + ".AA", list(Algorithm))


@given(header=JSON, payload=st.binary(max_size=50), signature=st.binary(max_size=70))
def test_no_token_ends_in_anything_but_our_words(header, payload, signature):
    token = ".".join(map(ids.encode, (orjson.dumps(header), payload, signature)))
    key = KeySet({"keys": [EC]}).find(Header(Algorithm.ES256, None))
    assert key is not None

    with suppress(Unusable, Disbelieved):
        read_header(token, list(Algorithm))
    with pytest.raises((Unusable, Disbelieved)):
        verified(token, key)


@given(text=st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_no_text_ends_in_anything_but_our_words(text):
    with pytest.raises((Unusable, Disbelieved)):
        read_header(text, list(Algorithm))


@given(
    members=st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid", "key_ops"]), JSON),
    base=st.sampled_from([EC, RSA, {}]),
)
def test_no_key_ends_in_anything_but_our_words(members, base):
    KeySet({"keys": [{**base, **members}]})
