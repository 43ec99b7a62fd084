"""What a media edge believes of a grant."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from token_issuer import ACCOUNT, ISSUER, MINUTE, NOW, PLATFORM, Issuer

from xacthuc.ids import decode
from xacthuc.tokens import broadcast, standing
from xacthuc.tokens.errors import Expired, Malformed, WrongAudience, WrongIssuer, WrongType
from xacthuc.tokens.keys import PublicKeys

SIGNER = Issuer().signer
KEYS = PublicKeys.read(SIGNER.jwks())


def grant(*, platform: str = PLATFORM, ttl: timedelta = 5 * MINUTE) -> str:
    token = broadcast.issue(
        SIGNER,
        platform=platform,
        broadcast="show-1",
        account=ACCOUNT,
        commercial=True,
        policy_version="2026.11.1",
        now=NOW,
        ttl=ttl,
    )
    assert token is not None
    return token


def verify(token: str, *, platform: str = PLATFORM, issuer: str = ISSUER, later: timedelta = timedelta(0)):
    return broadcast.verify(token, platform=platform, issuer=issuer, keys=KEYS, now=NOW + later)


def test_a_grant_says_again_what_was_issued():
    assert verify(grant()) == broadcast.Grant(
        broadcast="show-1",
        account=ACCOUNT,
        commercial=True,
        policy_version="2026.11.1",
        issue_time=NOW,
        expire_time=NOW + 5 * MINUTE,
    )


def test_the_claims_are_those_that_others_read():
    _, payload, _ = grant().split(".")

    assert json.loads(decode(payload)) == {
        "iss": ISSUER,
        "aud": "forum/media-edge",
        "sub": ACCOUNT,
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + 5 * MINUTE).timestamp()),
        "cast": "show-1",
        "sell": True,
        "policy": "2026.11.1",
    }


def test_a_grant_does_not_show_the_account():
    assert ACCOUNT not in repr(verify(grant()))


def test_a_grant_ends():
    with pytest.raises(Expired):
        verify(grant(), later=5 * MINUTE)


def test_another_platforms_grant_is_refused():
    with pytest.raises(WrongAudience):
        verify(grant(platform="market"))


def test_another_issuers_grant_is_refused():
    with pytest.raises(WrongIssuer):
        verify(grant(), issuer="https://id.other.example")


def test_a_standing_is_no_grant_and_a_grant_is_no_standing():
    with pytest.raises(WrongType):
        verify(Issuer().token())
    with pytest.raises(WrongType):
        standing.verify(grant(), platform=PLATFORM, issuer=ISSUER, keys=KEYS, now=NOW)


def test_nothing_is_signed_for_longer_than_a_quarter_of_an_hour():
    with pytest.raises(ValueError, match="cannot be made"):
        grant(ttl=timedelta(minutes=15, seconds=1))


@pytest.mark.parametrize("changed", [{"sell": 1}, {"sell": None}, {"cast": 7}, {"policy": None}])
def test_a_claim_of_the_wrong_kind_is_no_grant_of_ours(changed):
    own = {"cast": "show-1", "sell": True, "policy": "v", **changed}
    token = SIGNER.sign(
        broadcast.KIND, audience=broadcast.audience(PLATFORM), subject=ACCOUNT, own=own, now=NOW, ttl=MINUTE
    )

    with pytest.raises(Malformed):
        verify(token)
