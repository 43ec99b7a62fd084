"""What is asked about a person stands in no log of ours, whatever comes of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from fake_eauth import KNOWN
from oidc_provider import PERSON, REDIRECT_URI, signed_in


@pytest.mark.parametrize("behaviour", ["compare", "garbage", "refuse", "unauthorized", "hang_up"])
async def test_a_question_and_its_answer_are_in_no_log(platform, eauth, provider, world, behaviour):
    compared, came_back = f"account-{uuid4().hex}", f"account-{uuid4().hex}"
    eauth.behave(behaviour, times=2)
    await platform.submit(platform.registration(compared, (1990, 12, 31), full_name=KNOWN.full_name))
    await platform.verify_personal_id(compared, KNOWN.personal_id)
    await platform.submit(platform.registration(came_back, (1999, 1, 31), full_name=PERSON["name"]))
    begun = await platform.start_sign_in(came_back, REDIRECT_URI)
    _, redirect = await signed_in(begun.authorization_uri)
    await platform.complete_sign_in(came_back, **redirect)
    await platform.complete_sign_in(came_back, **redirect)

    log = world.process.log.read_text()

    personal = [
        *(compared, came_back, redirect["state"], redirect["code"]),
        *(KNOWN.personal_id, KNOWN.full_name, "NGUYEN THI DAO", "31/12/1990", "1990-12-31"),
        *(PERSON["number"], PERSON["name"], PERSON["birth_date"]),
    ]
    assert log
    assert [each for each in personal if each in log] == []
