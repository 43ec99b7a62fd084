"""Which tokens are believed, and what is said of each that is not."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from token_issuer import (
    ACCOUNT,
    ALLOWED,
    ISSUER,
    MINUTE,
    NOW,
    PLATFORM,
    Issuer,
    claims,
    forged,
    header,
    private_key,
    secret,
)

from xacthuc.ids import decode, encode
from xacthuc.tokens import standing
from xacthuc.tokens.errors import (
    BadSignature,
    Expired,
    Malformed,
    NotYetValid,
    TokenError,
    UnknownKey,
    WrongAudience,
    WrongIssuer,
    WrongType,
)
from xacthuc.tokens.keys import PublicKeys, thumbprint

KEYS = PublicKeys.read(Issuer().signer.jwks())


def verify(token, *, now=NOW, keys=KEYS):
    return standing.verify(token, platform=PLATFORM, issuer=ISSUER, keys=keys, now=now)


def test_a_standing_says_again_what_was_issued():
    believed = verify(Issuer().token())

    assert believed == standing.Standing(
        account=ACCOUNT,
        actions=frozenset(ALLOWED),
        policy_version="2026.11.1",
        issue_time=NOW,
        expire_time=NOW + MINUTE,
    )


def test_a_token_of_ours_has_no_other_claims_than_these():
    _, payload, _ = Issuer().token().split(".")

    assert json.loads(decode(payload)) == claims()


def test_a_standing_does_not_show_the_account():
    assert ACCOUNT not in repr(verify(Issuer().token()))


def test_a_standing_that_allows_nothing_is_one():
    assert verify(Issuer().token(actions=())).actions == frozenset()


def test_a_token_is_believed_until_the_instant_it_expires():
    last = NOW + MINUTE - timedelta(microseconds=1)

    assert verify(Issuer().token(), now=last).expire_time == NOW + MINUTE


def test_a_token_is_refused_at_the_instant_it_expires():
    with pytest.raises(Expired):
        verify(Issuer().token(), now=NOW + MINUTE)


def test_a_token_of_a_clock_two_seconds_ahead_is_believed():
    assert verify(Issuer().token(NOW + timedelta(seconds=2))).account == ACCOUNT


def test_a_token_of_a_clock_three_seconds_ahead_is_refused():
    with pytest.raises(NotYetValid):
        verify(Issuer().token(NOW + timedelta(seconds=3)))


def test_another_key_than_the_named_one_is_no_signature():
    with pytest.raises(BadSignature):
        verify(forged(header(1), claims(), version=2))


def test_a_key_that_is_not_published_is_unknown():
    with pytest.raises(UnknownKey):
        verify(Issuer(versions=[2], current=2).token())


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"typ": "JWT"}, WrongType),
        ({"typ": "xacthuc-clearance+jwt"}, WrongType),
        ({"typ": "application/xacthuc-standing+jwt"}, WrongType),
        ({"typ": None}, Malformed),
        ({"typ": ["xacthuc-standing+jwt"]}, Malformed),
        ({"alg": "none"}, BadSignature),
        ({"alg": "HS256"}, BadSignature),
        ({"alg": "es256"}, BadSignature),
        ({"alg": "ES384"}, BadSignature),
        ({"alg": "EdDSA"}, BadSignature),
        ({"alg": None}, BadSignature),
        ({"kid": None}, Malformed),
        ({"kid": 7}, Malformed),
        ({"kid": {}}, Malformed),
        ({"kid": ""}, UnknownKey),
        ({"kid": "../../dev/null"}, UnknownKey),
        ({"kid": "' OR 1=1 --"}, UnknownKey),
        ({"crit": ["b64"], "b64": False}, Malformed),
        ({"crit": []}, Malformed),
    ],
)
def test_a_header_that_says_otherwise_is_refused_though_the_key_signed_it(changed, error):
    with pytest.raises(error):
        verify(forged(header(**changed), claims()))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"iss": "https://id.evil.example"}, WrongIssuer),
        ({"iss": None}, WrongIssuer),
        ({"aud": "market"}, WrongAudience),
        ({"aud": [PLATFORM]}, WrongAudience),
        ({"aud": None}, WrongAudience),
        ({"sub": None}, Malformed),
        ({"sub": ""}, Malformed),
        ({"sub": 4711}, Malformed),
        ({"iat": None}, Malformed),
        ({"iat": True}, Malformed),
        ({"iat": NOW.timestamp()}, Malformed),
        ({"iat": NOW.isoformat()}, Malformed),
        ({"exp": None}, Malformed),
        ({"exp": 10**300}, Malformed),
        ({"exp": int(NOW.timestamp()) + 61}, Malformed),
        ({"exp": int(NOW.timestamp())}, Malformed),
        ({"nbf": int(NOW.timestamp()) + 3}, NotYetValid),
        ({"nbf": "now"}, Malformed),
        ({"policy": None}, Malformed),
        ({"policy": 7}, Malformed),
        ({"acts": None}, Malformed),
        ({"acts": "POST"}, Malformed),
        ({"acts": {"POST": True}}, Malformed),
        ({"acts": ["POST", 2]}, Malformed),
        ({"acts": ["POST", ["READ"]]}, Malformed),
        ({"acts": ["POST", "POST"]}, Malformed),
    ],
)
def test_claims_that_say_otherwise_are_refused_though_the_key_signed_them(changed, error):
    with pytest.raises(error):
        verify(forged(header(), claims(**changed)))


def test_what_a_newer_issuer_adds_is_passed_over():
    assert verify(forged(header(new=1), claims(jti="1", nbf=int(NOW.timestamp()), new=[1]))).account == ACCOUNT


def test_a_key_that_the_token_brings_along_is_not_looked_at():
    theirs = Issuer(versions=[2], current=2).signer.jwks()["keys"][0]
    kid = thumbprint(private_key(2).public_key())

    with pytest.raises(UnknownKey):
        verify(forged(header(jwk=theirs, jku="https://evil.example/jwks", kid=kid), claims(), version=2))


@pytest.mark.parametrize("algorithm", ["HS256", "ES256"])
def test_the_public_key_is_no_shared_secret(algorithm):
    """The classic confusion: a keyed hash under what everybody knows."""
    public = json.dumps(Issuer().signer.jwks()["keys"][0]).encode()
    signed = f"{encode(json.dumps(header(alg=algorithm)).encode())}.{encode(json.dumps(claims()).encode())}"
    tags = [hmac.digest(public, signed.encode(), hashlib.sha256), hmac.digest(secret(1), signed.encode(), "sha256") * 2]

    for tag in tags:
        with pytest.raises(BadSignature):
            verify(f"{signed}.{encode(tag)}")


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(63) + b"\x01", b"\x01" * 63, b"\x01" * 65])
def test_a_signature_of_no_numbers_is_none(signature):
    head, body, _ = Issuer().token().split(".")

    with pytest.raises(BadSignature):
        verify(f"{head}.{body}.{encode(signature)}")


def test_the_other_spelling_of_a_signature_is_none():
    """X.509 has the two numbers in DER; JSON Web Signatures have them side by side."""
    signed = ".".join(Issuer().token().split(".")[:2])

    with pytest.raises(BadSignature):
        verify(f"{signed}.{encode(private_key(1).sign(signed.encode(), ECDSA(SHA256())))}")


def _texts() -> dict[str, str]:
    head, body, signature = Issuer().token().split(".")
    return {
        "nothing": "",
        "two parts": f"{head}.{body}",
        "four parts": f"{head}.{body}.{signature}.{signature}",
        "encrypted": f"{head}.{body}.{body}.{body}.{signature}",
        "no header": f".{body}.{signature}",
        "no payload": f"{head}..{signature}",
        "no signature": f"{head}.{body}.",
        "padding": f"{head}.{body}.{signature}==",
        "a line break": f"{head}.{body}.{signature}\n",
        "a space before": f" {head}.{body}.{signature}",
        "a space within": f"{head}.{body[:8]} {body[8:]}.{signature}",
        "another alphabet": f"{head}.{body}.+/{signature[2:]}",
        "other letters": f"{head}.{body}.{signature[:-1]}ă",
        "a null": f"{head}.{body}.{signature}\0",
        "longer than any": f"{head}.{body}.{'A' * 2048}",
        "a list for a header": f"{encode(b'[1]')}.{body}.{signature}",
        "a text for a header": f"{encode(b'x')}.{body}.{signature}",
        "another character set": f"{encode(json.dumps(header()).encode('utf-16'))}.{body}.{signature}",
        "a byte order mark": f"{encode(json.dumps(header()).encode('utf-8-sig'))}.{body}.{signature}",
        "half a character": f"{encode(bytes([0xC3, 0x28]))}.{body}.{signature}",
        "deeper than any": f"{encode(b'[' * 1400)}.{body}.{signature}",
    }


@pytest.mark.parametrize("fault", _texts())
def test_what_is_not_in_the_compact_form_is_refused(fault):
    with pytest.raises(Malformed):
        verify(_texts()[fault])


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
def test_a_repeated_header_is_refused_whichever_counts(name):
    said = json.dumps(header())
    twice = said[:-1] + f', "{name}": {json.dumps(header()[name])}}}'

    with pytest.raises(Malformed):
        verify(forged(twice.encode(), claims()))


@pytest.mark.parametrize("name", ["aud", "exp", "sub", "acts"])
def test_a_repeated_claim_is_refused_whichever_counts(name):
    said = json.dumps(claims())
    twice = said[:-1] + f', "{name}": {json.dumps(claims()[name])}}}'

    with pytest.raises(Malformed):
        verify(forged(header(), twice.encode()))


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_a_time_that_is_no_number_is_refused(number):
    said = json.dumps(claims(exp=7)).replace('"exp": 7', f'"exp": {number.decode()}').encode()

    with pytest.raises(Malformed):
        verify(forged(header(), said))


def test_no_error_holds_the_token_or_what_it_says():
    refused = [*_texts().values(), forged(header(), claims(exp=1)), forged(header(), b'{"sub":"user-4711"')]
    for token in refused:
        with pytest.raises(TokenError) as caught:
            verify(token)

        error = caught.value
        assert (error.args, error.__context__, error.__cause__) == ((type(error).sentence,), None, None)
