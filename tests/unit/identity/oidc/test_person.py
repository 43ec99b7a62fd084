"""What is read of a person: what was told, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.adapters.oidc.causes import Unusable
from xacthuc.identity.adapters.oidc.person import confirmation
from xacthuc.identity.adapters.oidc.provider_file import ClaimNames, Client, Kind, Method, ProviderFile
from xacthuc.identity.adapters.remote.spelling import DateFormat
from xacthuc.identity.ports.eid import Confirmation

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DESCRIBED = ProviderFile(
    kind=Kind.OIDC,
    name="vneid",
    issuer="https://id.provider.example",
    client=Client(id="forum", method=Method.BASIC, file="unread"),
    redirect_uris=("https://forum.example/eid",),
    claims=ClaimNames(personal_id="id.number", full_name="name", birth_date="birthdate"),
)


def read(*told, **names) -> Confirmation:
    described = replace(DESCRIBED, claims=replace(DESCRIBED.claims, **names))
    return confirmation(described, told, "a.token.x", NOW)


def test_a_path_leads_into_objects():
    assert read({"id": {"number": "001199000001"}}).personal_id == "001199000001"


def test_a_name_with_dots_is_found_whole():
    assert read({"https://vneid.example/id": "x"}, personal_id="https://vneid.example/id").personal_id == "x"


def test_the_first_who_tells_is_believed():
    assert read({"name": "One"}, {"name": "Other"}).full_name == "One"
    assert read({}, {"name": "Other"}).full_name == "Other"


@pytest.mark.parametrize("told", [{}, {"id": None}, {"id": "x"}, {"id": {}}, {"id": {"number": ""}}], ids=str)
def test_what_is_not_told_is_none(told):
    assert read(told).personal_id is None


@pytest.mark.parametrize("value", [1199000001, True, ["x"], {"x": 1}, "x" * 201, "x\ny", "x\u0000"], ids=repr)
def test_what_cannot_be_read_makes_the_answer_unusable(value):
    with pytest.raises(Unusable):
        read({"id": {"number": value}})


@pytest.mark.parametrize(
    ("form", "text"),
    [(DateFormat.ISO, "1999-01-31"), (DateFormat.SLASHED, "31/01/1999"), (DateFormat.COMPACT, "19990131")],
)
def test_dates_are_read_as_the_provider_writes_them(form, text):
    assert read({"birthdate": text}, birth_date_format=form).birth_date == date(1999, 1, 31)


@pytest.mark.parametrize("text", ["1999", "0000-01-31"])
def test_half_a_date_is_none(text):
    assert read({"birthdate": text}).birth_date is None


@pytest.mark.parametrize("text", ["1999-02-30", "31/01/1999", "1999-1-31", "1999-01-31T00:00", "soon"])
def test_what_is_no_date_makes_the_answer_unusable(text):
    with pytest.raises(Unusable):
        read({"birthdate": text})


def test_an_act_without_a_name_is_named_after_its_token():
    assert read({}).transaction_id == sha256(b"a.token.x").hexdigest()
    assert read({"jti": "act-1"}).transaction_id == "act-1"


@given(
    st.dictionaries(
        st.sampled_from(["id", "name", "birthdate", "acr", "jti"]),
        st.none() | st.text(max_size=12) | st.integers() | st.dictionaries(st.just("number"), st.text(max_size=5)),
    )
)
def test_no_claims_end_in_anything_but_a_person_or_our_words(claims):
    try:
        assert read(claims).provider == "vneid"
    except Unusable as fault:
        assert str(fault) == "garbled"
