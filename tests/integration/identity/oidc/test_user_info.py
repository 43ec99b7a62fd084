"""Claims that come beside the ID token."""

from __future__ import annotations

from oidc_provider import PERSON

from xacthuc.identity.ports.eid import Confirmation, Refused


async def test_what_the_id_token_does_not_tell_is_not_known(ours, provider):
    provider.set(claimsIn="userinfo")

    confirmed = await ours.flow()

    assert isinstance(confirmed, Confirmation)
    assert (confirmed.personal_id, confirmed.full_name, confirmed.birth_date) == (None, None, None)


async def test_user_info_tells_the_rest(open_ours, provider):
    provider.set(claimsIn="userinfo")
    ours = await open_ours(userinfo='"json"')

    confirmed = await ours.flow()

    assert isinstance(confirmed, Confirmation)
    assert (confirmed.personal_id, confirmed.full_name) == (PERSON["number"], PERSON["name"])


async def test_signed_user_info_is_checked_like_a_token(open_ours, provider):
    provider.set(claimsIn="userinfo")
    ours = await open_ours(client="forum-signed", userinfo='"signed"', algorithms='["ES256", "RS256"]')

    confirmed = await ours.flow()

    assert isinstance(confirmed, Confirmation)
    assert confirmed.personal_id == PERSON["number"]


async def test_user_info_without_the_signature_that_was_asked_for_is_refused(open_ours, provider):
    provider.set(claimsIn="userinfo")
    ours = await open_ours(userinfo='"signed"')

    assert await ours.flow() is Refused.FORGED


async def test_user_info_of_somebody_else_is_refused(open_ours, provider):
    provider.set(claimsIn="userinfo", userinfo={"sub": "somebody-else"})
    ours = await open_ours(userinfo='"json"')

    assert await ours.flow() is Refused.FORGED
    assert ours.observed == ["subject"]


async def test_the_id_token_has_the_last_word(open_ours, provider):
    provider.set(userinfo={"name": "Somebody Else"})
    ours = await open_ours(userinfo='"json"')

    confirmed = await ours.flow()

    assert isinstance(confirmed, Confirmation)
    assert confirmed.full_name == PERSON["name"]


async def test_an_access_token_that_came_with_another_id_token_is_refused(open_ours, provider):
    provider.set(tamper={"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}})
    ours = await open_ours(userinfo='"json"')

    assert await ours.flow() is Refused.FORGED
    assert ours.observed == ["access_token"]
    assert provider.requests("/me") == []
