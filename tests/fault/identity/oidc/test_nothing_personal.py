"""Whatever happens, logs and exceptions know nobody: no name, number, date, code, token or secret stands in them."""

from __future__ import annotations

import logging
import traceback

import pytest
from oidc_provider import PERSON, SECRET

from xacthuc.identity.ports.eid import Confirmation, ProviderDown

SILENCE = {"faults": {"/token": "hang"}}
HAPPENINGS = {
    "nothing": {},
    "a forged token": {"tamper": {"sign": "stranger"}},
    "a foreign nonce": {"tamper": {"claims": {"nonce": "a-foreign-nonce"}}},
    "a date that is none": {"person": {"identity": {"number": PERSON["number"]}, "birthdate": PERSON["name"]}},
    "a number as a number": {"person": {"identity": {"number": 1199000001}, "name": PERSON["name"]}},
    "nonsense": {"faults": {"/token": "garbage"}},
    "half an answer": {"faults": {"/token": "half"}},
    "silence": SILENCE,
    "somebody else": {"userinfo": {"sub": "somebody-else"}},
}


@pytest.mark.parametrize("behaviour", HAPPENINGS.values(), ids=HAPPENINGS.keys())
async def test_nothing_personal_is_told(open_ours, provider, caplog, capsys, behaviour):
    caplog.set_level(logging.DEBUG)
    ours = await open_ours(userinfo='"json"', timeout_seconds="1.0" if behaviour == SILENCE else "4.0")
    flow, code = await ours.code()
    provider.set(**behaviour)
    caplog.clear()  # of what the browser of the test logged

    said = repr(flow)
    try:
        answer = await ours.sign_in.complete(flow, code)
    except ProviderDown as down:
        said += "".join(traceback.format_exception(down)) + repr(down)
    else:
        said += repr(answer)
        assert isinstance(answer, Confirmation) is (not behaviour)
    said += caplog.text + "".join(capsys.readouterr())

    tokens = "eyJhbGci"  # how every signed token begins: {"alg
    secrets = [*PERSON.values(), SECRET, "1199000001", code, flow.nonce, flow.code_verifier, tokens, "person-1"]
    assert [secret for secret in secrets if secret in said] == []
