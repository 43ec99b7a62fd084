"""What the issuer makes, what it refuses to make, and the ring its keys come from."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from token_issuer import ISSUER, MINUTE, NOW, PLATFORM, Issuer, secret

from xacthuc.ids import decode, encode
from xacthuc.sealing.keys import KeyFileError, KeyRing
from xacthuc.tokens import standing
from xacthuc.tokens.compact import MOST_CHARACTERS
from xacthuc.tokens.signer import Signer
from xacthuc.tokens.statement import Kind

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""SEC 2 section 2.4.2."""


def issue(ttl: timedelta, now=NOW, actions=("POST",)) -> str | None:
    signer = Issuer().signer
    return standing.issue(
        signer, platform=PLATFORM, account="an", actions=actions, policy_version="1", now=now, ttl=ttl
    )


def life(token: str) -> int:
    claims = json.loads(decode(token.split(".")[1]))
    return claims["exp"] - claims["iat"]


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(seconds=-5), timedelta(milliseconds=999)])
def test_an_answer_that_may_not_be_kept_becomes_no_token(ttl):
    assert issue(ttl) is None


def test_a_token_never_outlives_the_answer():
    """From 0.5 s past the second, 2.4 s later is 2.9 s past it: whole seconds end before."""
    now = NOW + timedelta(milliseconds=500)

    assert life(issue(timedelta(milliseconds=2400), now) or "") == 2


def test_a_life_longer_than_the_kind_allows_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="cannot be made"):
        issue(MINUTE + timedelta(milliseconds=1))


@pytest.mark.parametrize("action", ["post", "", "POST ", "POST\n", "A" * 33, "ĐĂNG", "P1"])
def test_an_action_of_no_contract_is_a_mistake_of_the_program(action):
    with pytest.raises(ValueError, match="spelled in capitals"):
        issue(MINUTE, actions=["READ", action])


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "nbf", "jti"])
def test_a_statement_cannot_take_the_place_of_a_registered_claim(name):
    kind = Kind(typ="xacthuc-test+jwt", longest_life=MINUTE)

    with pytest.raises(ValueError, match="cannot be made"):
        Issuer().signer.sign(kind, audience=PLATFORM, subject="an", own={name: 1}, now=NOW, ttl=MINUTE)


def test_the_same_statement_is_signed_the_same_so_that_no_random_number_can_give_the_key_away():
    assert issue(MINUTE) == issue(MINUTE)


def test_actions_are_listed_in_one_order():
    assert issue(MINUTE, actions=("READ", "POST")) == issue(MINUTE, actions={"POST", "READ"})


def test_a_longest_standing_fits_the_bound_of_a_token():
    actions = [f"{letter * 32}" for letter in "ABCDEFGHIJ"]
    token = standing.issue(
        Signer(KeyRing({0: secret(1)}, 0), ISSUER),
        platform="p" * 64,
        account="a" * 64,
        actions=actions,
        policy_version="v" * 64,
        now=NOW,
        ttl=MINUTE,
    )

    assert token is not None
    assert len(token) < MOST_CHARACTERS


def test_the_marked_line_signs_and_every_line_is_published():
    signer = Issuer(versions=[1, 2], current=1).signer

    assert {key["kid"] for key in signer.jwks()["keys"]} > {signer.key_id}
    assert signer.key_id == Issuer(versions=[1]).signer.key_id


def test_a_new_ring_file_is_a_signing_key(tmp_path):
    (tmp_path / "ring.keys").write_text(KeyRing.first_line(), "ascii")

    assert len(Signer(KeyRing.read(tmp_path / "ring.keys"), ISSUER).jwks()["keys"]) == 1


@pytest.mark.parametrize("number", [0, P256_ORDER, (1 << 256) - 1])
def test_a_secret_that_is_no_key_is_refused_by_its_version_alone(number):
    with pytest.raises(KeyFileError, match="version 3 of the signing keys") as caught:
        Signer(KeyRing({1: secret(1), 3: secret(number)}, 1), ISSUER)

    assert encode(secret(number)) not in str(caught.value)


def test_a_signer_does_not_show_its_keys():
    assert "Signer object" in repr(Issuer().signer)
