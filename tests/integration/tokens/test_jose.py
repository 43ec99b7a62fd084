"""Standings beside a verifier nobody here wrote, npm `jose`: it believes what we issue, we refuse what it refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from token_issuer import ACCOUNT, ISSUER, NOW, PLATFORM, Issuer, claims, forged, header, private_key

from xacthuc.ids import decode, encode
from xacthuc.tokens import standing
from xacthuc.tokens.errors import TokenError
from xacthuc.tokens.keys import PublicKeys

PROGRAM = Path(__file__).with_name("jose.mjs")
JWKS = Issuer().signer.jwks()
KEYS = PublicKeys.read(JWKS)
SECONDS = int(NOW.timestamp())
TOKEN = Issuer().token()


@dataclass
class Jose:
    """The other verifier, in a process of its own."""

    process: subprocess.Popen[str]

    def refusal(self, token: str, jwks: object = JWKS) -> str | None:
        """Returns why it refuses a token; None when it believes it."""
        return self._ask(
            "verify", token=token, jwks=jwks, issuer=ISSUER, audience=PLATFORM, typ=standing.KIND.typ, now=SECONDS
        ).get("refused")

    def sign(self, head: object, body: object) -> str:
        """Returns a token that it made with our key."""
        number = private_key(1).private_numbers()
        jwk = {**{name: JWKS["keys"][0][name] for name in ("kty", "crv", "x", "y")}}
        jwk["d"] = encode(number.private_value.to_bytes(32))
        return str(self._ask("sign", jwk=jwk, header=head, claims=body)["token"])

    def _ask(self, ask: str, **what: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"ask": ask, **what}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def jose() -> Iterator[Jose]:
    pipe = subprocess.PIPE
    with subprocess.Popen(["node", str(PROGRAM)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Jose(process)
        finally:
            process.kill()


def refused(token: str) -> bool:
    try:
        standing.verify(token, platform=PLATFORM, issuer=ISSUER, keys=KEYS, now=NOW)
    except TokenError:
        return True
    return False


def test_it_believes_what_we_issue(jose):
    assert jose.refusal(TOKEN) is None


def test_it_reads_our_keys_during_a_rotation(jose):
    issuer = Issuer(versions=[1, 2], current=2)

    assert jose.refusal(issuer.token(), issuer.signer.jwks()) is None


def test_we_believe_what_it_signs(jose):
    token = jose.sign(header(), claims())

    believed = standing.verify(token, platform=PLATFORM, issuer=ISSUER, keys=KEYS, now=NOW)
    assert believed.account == ACCOUNT


@pytest.mark.parametrize(
    ("head", "body", "why"),
    [
        ({"typ": "JWT"}, {}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({"alg": "none"}, {}, "ERR_JOSE_ALG_NOT_ALLOWED"),
        ({"alg": "HS256"}, {}, "ERR_JOSE_ALG_NOT_ALLOWED"),
        ({"kid": "another"}, {}, "ERR_JWKS_NO_MATCHING_KEY"),
        ({"crit": ["new"], "new": 1}, {}, "ERR_JOSE_NOT_SUPPORTED"),
        ({}, {"iss": "https://id.evil.example"}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"aud": "market"}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"iat": SECONDS - 60, "exp": SECONDS - 2}, "ERR_JWT_EXPIRED"),
        ({}, {"iat": SECONDS + 3, "exp": SECONDS + 30}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"nbf": SECONDS + 3}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"exp": "soon"}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"sub": None}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({}, {"acts": None}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
    ],
)
def test_we_refuse_what_it_refuses(jose, head, body, why):
    token = forged(header(**head), claims(**body))

    assert (jose.refusal(token), refused(token)) == (why, True)


def test_neither_believes_the_key_of_another(jose):
    token = forged(header(1), claims(), version=2)

    assert (jose.refusal(token), refused(token)) == ("ERR_JWS_SIGNATURE_VERIFICATION_FAILED", True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_becomes_of_a_token_we_refuse_it_when_it_does(jose, data):
    """Not the other way round: a token with other spellings of the same bytes is one to it, and none to us."""
    parts = TOKEN.split(".")
    part = data.draw(st.integers(0, 2))
    raw = decode(parts[part])
    start = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(start, min(len(raw), start + 4)))
    parts[part] = encode(raw[:start] + data.draw(st.binary(max_size=4)) + raw[stop:])
    token = ".".join(parts)

    assert refused(token) or jose.refusal(token) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shift=st.integers(-70, 70),
    life=st.integers(-2, 70),
    audience=st.sampled_from([PLATFORM, "market", "", None, ["forum"], ["forum", "market"], 7]),
    subject=st.sampled_from([ACCOUNT, None]),
)
def test_of_what_the_key_signed_we_refuse_what_it_does(jose, shift, life, audience, subject):
    issued = SECONDS + shift
    token = forged(header(), claims(iat=issued, exp=issued + life, aud=audience, sub=subject))

    assert refused(token) or jose.refusal(token) is None
