"""The whole flow with a provider nobody here wrote: what is confirmed, and what is not believed."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from oidc_provider import PERSON, REDIRECT_URI, signed_in

from xacthuc.identity.ports.eid import Confirmation, Refused


async def test_a_person_who_signs_in_is_confirmed(ours, clock):
    confirmed = await ours.flow()

    assert isinstance(confirmed, Confirmation)
    assert (confirmed.personal_id, confirmed.full_name) == (PERSON["number"], PERSON["name"])
    assert confirmed.birth_date == date.fromisoformat(PERSON["birth_date"])
    assert (confirmed.provider, confirmed.level, confirmed.confirm_time) == ("vneid", "2", clock.now())
    assert len(confirmed.transaction_id) == 64
    assert ours.observed == ["confirmed"]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"])
async def test_every_accepted_signature_is_understood(open_ours, algorithm):
    ours = await open_ours(client=f"forum-{algorithm}")

    assert isinstance(await ours.flow(), Confirmation)


async def test_a_secret_may_travel_in_the_form(open_ours):
    ours = await open_ours(client="forum:post", method="client_secret_post", algorithms='["RS256"]')

    assert isinstance(await ours.flow(), Confirmation)


async def test_a_key_of_ours_may_take_the_place_of_a_secret(open_ours, provider):
    ours = await open_ours(
        client="forum-key", method="private_key_jwt", credential=provider.key, client_extra='key_id = "ours"'
    )

    assert isinstance(await ours.flow(), Confirmation)


async def test_no_two_flows_have_anything_in_common(ours):
    address, one = await ours.sign_in.begin(REDIRECT_URI)
    _, other = await ours.sign_in.begin(REDIRECT_URI)

    secrets = {one.state, one.nonce, one.code_verifier, other.state, other.nonce, other.code_verifier}
    assert len(secrets) == 6
    assert one.code_verifier not in address
    assert parse_qs(urlsplit(address).query)["code_challenge_method"] == ["S256"]


async def test_another_address_to_return_to_is_refused(ours):
    with pytest.raises(ValueError, match="redirect_uri"):
        await ours.sign_in.begin("https://forum.example.evil.example/eid")


async def test_a_person_who_refuses_comes_back_without_a_code(ours, provider):
    provider.set(deny=True)
    address, flow = await ours.sign_in.begin(REDIRECT_URI)

    _, answer = await signed_in(address)

    assert answer == {"error": "access_denied", "state": flow.state, "iss": provider.issuer}


async def test_a_code_works_once(ours):
    flow, code = await ours.code()
    assert isinstance(await ours.sign_in.complete(flow, code), Confirmation)

    assert await ours.sign_in.complete(flow, code) is Refused.EXPIRED
    assert ours.observed[-1] == "code_refused"


async def test_a_code_of_another_flow_is_refused(ours):
    """PKCE: whoever took a code from somebody's browser has not the verifier."""
    _, code = await ours.code()
    mine, _ = await ours.code()

    assert await ours.sign_in.complete(mine, code) is Refused.EXPIRED


async def test_what_is_no_code_is_not_sent(ours, provider):
    flow, _ = await ours.code()

    assert await ours.sign_in.complete(flow, "x\r\ny") is Refused.FORGED
    assert await ours.sign_in.complete(flow, "") is Refused.FORGED
    assert provider.requests("/token") == []


TAMPERED = {
    "another nonce": ({"claims": {"nonce": "another"}}, Refused.FORGED, "nonce"),
    "no nonce": ({"claims": {"nonce": None}}, Refused.FORGED, "nonce"),
    "another audience": ({"claims": {"aud": "another"}}, Refused.FORGED, "audience"),
    "one audience too many": ({"claims": {"aud": ["forum-ES256", "another"]}}, Refused.FORGED, "audience"),
    "another authorized party": ({"claims": {"azp": "another"}}, Refused.FORGED, "audience"),
    "another issuer": ({"claims": {"iss": "https://id.evil.example"}}, Refused.FORGED, "issuer"),
    "expired": ({"claims": {"exp": 1_700_000_000}}, Refused.EXPIRED, "token_expired"),
    "issued long ago": ({"claims": {"iat": 1_700_000_000}}, Refused.EXPIRED, "token_expired"),
    "issued tomorrow": ({"claims": {"iat": 4_000_000_000, "exp": 4_000_000_600}}, Refused.FORGED, "issued_in_future"),
    "a level too low": ({"claims": {"acr": "1"}}, Refused.NOT_CONFIRMED, "level"),
    "no level": ({"claims": {"acr": None}}, Refused.NOT_CONFIRMED, "level"),
    "no signature": ({"sign": "none"}, Refused.FORGED, "algorithm"),
    "a published key as a secret": ({"sign": "hmac"}, Refused.FORGED, "algorithm"),
    "a stranger's key under a published id": ({"sign": "stranger"}, Refused.FORGED, "signature"),
    "an access token's type": ({"header": {"typ": "at+jwt"}}, Refused.FORGED, "type"),
    "an extension that must be understood": ({"header": {"b64": True, "crit": ["b64"]}}, Refused.FORGED, "type"),
}


@pytest.mark.parametrize(("tamper", "refused", "said"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_a_token_that_is_not_of_this_flow_is_not_believed(ours, provider, tamper, refused, said):
    provider.set(tamper=tamper)

    assert await ours.flow() is refused
    assert ours.observed == [said]


async def test_a_key_is_not_taken_from_the_token_itself(ours, provider):
    """`jwk` and `jku` in a header are an invitation (RFC 8725 section 3.5)."""
    provider.set(tamper={"sign": "stranger", "header": {"kid": None, "jku": "https://id.evil.example/jwks"}})

    assert await ours.flow() is Refused.FORGED


async def test_a_key_id_of_another_kind_of_key_is_not_believed(ours, provider):
    provider.set(tamper={"header": {"kid": provider.key_id("RSA")}})

    assert await ours.flow() is Refused.FORGED
    assert ours.observed == ["key"]


async def test_a_token_without_key_id_is_judged_where_there_is_no_choice(ours, provider):
    provider.set(tamper={"header": {"kid": None}})

    assert isinstance(await ours.flow(), Confirmation)


async def test_a_person_who_signed_in_too_long_ago_is_asked_again(open_ours, provider):
    ours = await open_ours(max_age_seconds="600")
    assert isinstance(await ours.flow(), Confirmation)

    provider.set(tamper={"claims": {"auth_time": int(ours.sign_in._clock.now_ms() / 1000) - 700}})

    assert await ours.flow() is Refused.EXPIRED
    assert ours.observed == ["confirmed", "sign_in_too_old"]
