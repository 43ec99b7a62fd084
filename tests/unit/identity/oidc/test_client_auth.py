"""How we show who we are."""

from __future__ import annotations

from base64 import b64decode

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from oidc_provider import SECRET, file

from xacthuc import ids
from xacthuc.identity.adapters.oidc.client_auth import authenticator
from xacthuc.identity.adapters.oidc.provider_file import read

ISSUER = "https://id.provider.example"


def test_id_and_secret_are_encoded_before_they_are_joined(tmp_path):
    """Either may hold the colon that joins them (RFC 6749 section 2.3.1)."""
    made = authenticator(read(file(tmp_path, ISSUER, client="forum:1")))(0)

    joined = b64decode(made.headers["authorization"].removeprefix("Basic "))
    assert joined == b"forum%3A1:a+secret%3A+of%2Bours%2F%25"
    assert made.form == {}


def test_credentials_are_not_printed(tmp_path):
    assert SECRET not in repr(authenticator(read(file(tmp_path, ISSUER, method="client_secret_post")))(0))


def test_an_assertion_is_for_the_issuer_alone_and_never_the_same(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path = file(tmp_path, ISSUER, method="private_key_jwt", credential=pem, client_extra='key_id = "k"')
    authenticate = authenticator(read(path))

    one, other = (authenticate(1_800_000_000.5).form["client_assertion"].split(".") for _ in range(2))

    header, claims = orjson.loads(ids.decode(one[0])), orjson.loads(ids.decode(one[1]))
    assert header == {"alg": "ES256", "typ": "JWT", "kid": "k"}
    assert claims.pop("jti") != orjson.loads(ids.decode(other[1]))["jti"]
    assert claims == {
        "iss": "forum-ES256",
        "sub": "forum-ES256",
        "aud": ISSUER,
        "iat": 1_800_000_000,
        "exp": 1_800_000_060,
    }
