"""Published keys: how one is named, which of a set count, and that no private half is among them."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey
from token_issuer import Issuer, private_key

from xacthuc.tokens.keys import KeySetError, PublicKeys, thumbprint

JWK = Issuer().signer.jwks()["keys"][0]


def test_a_key_is_published_with_these_members_and_no_private_one():
    assert sorted(JWK) == ["alg", "crv", "kid", "kty", "use", "x", "y"]


def test_a_key_is_named_by_its_thumbprint_as_another_library_makes_it():
    key = ECKey.import_key({name: JWK[name] for name in ("kty", "crv", "x", "y")})

    assert key.thumbprint() == JWK["kid"] == thumbprint(private_key(1).public_key())


def test_a_coordinate_keeps_its_leading_zeros():
    """One key in 128 has one; a shorter spelling would be refused by others."""
    short = next(number for number in range(1, 5000) if private_key(number).public_key().public_numbers().x < 1 << 248)
    published = Issuer(versions=[short], current=short).signer.jwks()

    assert len(published["keys"][0]["x"]) == 43
    assert len(PublicKeys.read(published)) == 1


def test_a_set_of_ours_is_read_whole_after_a_trip_through_json():
    document = json.loads(json.dumps(Issuer(versions=[1, 2, 3]).signer.jwks()))

    assert len(PublicKeys.read(document)) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"},
        {"kty": "OKP", "crv": "Ed25519", "x": JWK["x"], "kid": "edwards"},
        {**JWK, "kid": "another curve", "crv": "P-384"},
        {**JWK, "kid": "to encrypt with", "use": "enc"},
        {**JWK, "kid": "another algorithm", "alg": "ECDH-ES"},
        {**JWK, "kid": "to sign with", "key_ops": ["sign"]},
        {**JWK, "kid": "operations that are none", "key_ops": "verify"},
        {},
        "a text",
        None,
    ],
)
def test_a_key_of_another_kind_is_passed_over(other):
    assert len(PublicKeys.read({"keys": [other, JWK]})) == 1


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "keys",
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}]},
        {"keys": [JWK, JWK]},
        {"keys": [JWK] * 17},
        {"keys": [{**JWK, "kid": None}]},
        {"keys": [{**JWK, "kid": 7}]},
        {"keys": [{**JWK, "x": None}]},
        {"keys": [{**JWK, "x": JWK["x"] + "="}]},
        {"keys": [{**JWK, "x": JWK["x"][:-4]}]},
        {"keys": [{**JWK, "y": JWK["x"]}]},
        {"keys": [{**JWK, "x": "A" * 43, "y": "A" * 43}]},
    ],
)
def test_what_is_no_set_of_our_keys_is_refused(document):
    with pytest.raises(KeySetError):
        PublicKeys.read(document)
