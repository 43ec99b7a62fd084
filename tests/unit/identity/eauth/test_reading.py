"""What an answer means, and that whatever is not recognised confirms nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_eauth import KNOWN, STRANGER, FakeEauth, confirmed

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.eauth import reading
from xacthuc.identity.adapters.eauth.eauth_file import EauthFile, read
from xacthuc.identity.adapters.eauth.reading import About, Fault
from xacthuc.identity.adapters.remote.exchange import Reply
from xacthuc.identity.ports.eid import Confirmation, Pending, Refused

ASKED = About(request_id="r-1", personal_id=KNOWN.personal_id)


@pytest.fixture
def fake(tmp_path: Path) -> FakeEauth:
    return FakeEauth(port=1, directory=tmp_path)


@pytest.fixture
def described(fake: FakeEauth) -> EauthFile:
    return read(fake.file())


def judged(
    described: EauthFile, clock: FixedClock, document: Any, *, status: int = 200, about: About = ASKED, after: int = 0
) -> Confirmation | Refused | Pending | Fault:
    return reading.read(described, Reply(status, document, after), about, clock.now())


@pytest.mark.rule("R41")
def test_a_confirmation_keeps_provider_level_transaction_and_time(described: EauthFile, clock: FixedClock) -> None:
    expected = Confirmation(
        provider="eid",
        level="2",
        transaction_id="tx-1",
        confirm_time=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        personal_id=KNOWN.personal_id,
        full_name=KNOWN.full_name,
        birth_date=KNOWN.birth_date,
    )
    assert expected == judged(described, clock, confirmed(request="r-1"))


@pytest.mark.rule("R41")
@pytest.mark.parametrize("missing", ["transaction", "level", "time", "request"])
def test_a_confirmation_that_lacks_what_must_be_kept_confirms_nobody(
    described: EauthFile, clock: FixedClock, missing: str
) -> None:
    document = confirmed(request="r-1")
    del document["data"][missing]
    assert isinstance(judged(described, clock, document), Fault)


@pytest.mark.parametrize(
    ("status", "document", "expected"),
    [
        (200, {"code": "00", "data": {"match": False}}, Refused.NOT_CONFIRMED),
        (400, {"code": "01", "data": {"match": False}}, Refused.NOT_CONFIRMED),
        (200, {"code": "02"}, Refused.DENIED),
        (404, None, Refused.EXPIRED),
        (410, {"code": "x"}, Refused.EXPIRED),
        (202, {"code": "99", "data": {"transaction": "tx-9"}}, Pending("tx-9", 7.0)),
        (202, {"code": "99"}, Fault.UNCLEAR),
        (200, {"code": "50"}, Fault.DOWN),
        (201, confirmed(request="r-1"), Fault.UNCLEAR),
        (200, {"code": "00"}, Fault.UNCLEAR),
        (200, {"code": "77"}, Fault.UNCLEAR),
        (200, {}, Fault.UNCLEAR),
        (200, None, Fault.UNCLEAR),
        (200, [confirmed(request="r-1")], Fault.UNCLEAR),
        (302, {}, Fault.UNCLEAR),
        (400, {}, Fault.REQUEST),
        (401, {}, Fault.CREDENTIALS),
        (403, {}, Fault.CREDENTIALS),
        (429, {}, Fault.THROTTLED),
        (500, {}, Fault.UNCLEAR),
        (503, {}, Fault.UNAVAILABLE),
    ],
)
def test_an_answer_means_what_the_first_rule_that_fits_says(
    described: EauthFile, clock: FixedClock, status: int, document: Any, expected: object
) -> None:
    assert expected == judged(described, clock, document, status=status)


@pytest.mark.parametrize(
    "data",
    [
        {"request": "r-2"},
        {"request": "r-1", "id": STRANGER.personal_id},
    ],
)
def test_a_confirmation_of_another_request_or_person_confirms_nobody(
    described: EauthFile, clock: FixedClock, data: dict[str, str]
) -> None:
    assert Fault.ANOTHER is judged(described, clock, confirmed(**data))


def test_an_answer_to_a_pending_question_is_for_that_transaction(described: EauthFile, clock: FixedClock) -> None:
    about = About(transaction_id="tx-9")
    assert Fault.ANOTHER is judged(described, clock, confirmed(transaction="tx-8"), about=about)
    found = judged(described, clock, confirmed(transaction=None), about=about)  # type: ignore[arg-type]
    assert isinstance(found, Confirmation)
    assert found.transaction_id == "tx-9"


@pytest.mark.parametrize("transaction", ["", ".", "..", "a b", "ố", "x" * 129, f"t{KNOWN.personal_id}", {}])
def test_a_transaction_that_could_not_be_kept_or_asked_for_is_none(
    described: EauthFile, clock: FixedClock, transaction: Any
) -> None:
    assert Fault.UNCLEAR is judged(described, clock, confirmed(request="r-1", transaction=transaction or ""))


@pytest.mark.parametrize(
    ("form", "told", "expected"),
    [
        ("rfc3339", "2026-11-23T03:00:00Z", True),
        ("rfc3339", "2026-11-23T10:00:00.123+07:00", True),
        ("rfc3339", "2026-11-23T10:00:00", False),
        ("rfc3339", "2026-11-23T10:06:00+07:00", False),
        ("rfc3339", "2026-10-01T10:00:00+07:00", False),
        ("rfc3339", "yesterday", False),
        ("rfc3339", "0001-01-01T00:00:00+07:00", False),
        ("vietnam", "2026-11-23T10:00:00", True),
        ("vietnam", "2026-11-23T10:00:00+07:00", False),
        ("unix", 1795402800, True),
        ("unix", "1795402800", True),
        ("unix", "1e999", False),
        ("unix", "nan", False),
        ("unix", 10**30, False),
        ("unix_ms", 1795402800000, True),
        ("unix_ms", 1795402800, False),
    ],
)
def test_a_time_is_believed_when_it_is_of_this_act(
    fake: FakeEauth, clock: FixedClock, form: str, told: Any, expected: bool
) -> None:
    described = read(fake.file(('time = "data.time"', f'time = "data.time"\ntime_format = "{form}"')))
    found = judged(described, clock, confirmed(request="r-1", time=told))
    assert isinstance(found, Confirmation) is expected
    if isinstance(found, Confirmation):
        assert found.confirm_time.replace(microsecond=0) == clock.now()
        assert found.confirm_time.tzinfo is UTC


def test_without_a_path_for_the_time_it_is_when_the_answer_came(fake: FakeEauth, clock: FixedClock) -> None:
    found = judged(read(fake.file(('time = "data.time"', ""))), clock, confirmed(request="r-1", time=None))
    assert isinstance(found, Confirmation)
    assert found.confirm_time == clock.now()


def test_a_level_that_is_not_enough_confirms_nobody(fake: FakeEauth, clock: FixedClock) -> None:
    described = read(fake.file(('level = "data.level"', 'level = "data.level"\nlevels = ["2"]')))
    assert isinstance(judged(described, clock, confirmed(request="r-1")), Confirmation)
    assert Refused.NOT_CONFIRMED is judged(described, clock, confirmed(request="r-1", level="1"))


def test_a_provider_of_one_level_need_not_tell_it(fake: FakeEauth, clock: FixedClock) -> None:
    described = read(fake.file(('level = "data.level"', 'fixed_level = "2"')))
    found = judged(described, clock, confirmed(request="r-1", level=None))
    assert isinstance(found, Confirmation)
    assert found.level == "2"


def test_what_was_not_told_is_none(described: EauthFile, clock: FixedClock) -> None:
    found = judged(described, clock, confirmed(request="r-1", id=None, name=None, dob=None))
    assert isinstance(found, Confirmation)
    assert (found.personal_id, found.full_name, found.birth_date) == (None, None, None)


@pytest.mark.parametrize("data", [{"dob": "1990-12-31"}, {"dob": "31/13/1990"}, {"name": "Nguyễn\nĐào"}])
def test_details_that_cannot_be_read_make_the_answer_unclear(
    described: EauthFile, clock: FixedClock, data: dict[str, str]
) -> None:
    assert Fault.UNCLEAR is judged(described, clock, confirmed(request="r-1", **data))


@pytest.mark.parametrize(
    ("header", "told", "expected"), [(3, 9, 3.0), (0, 9, 9.0), (0, "9", 9.0), (0, "soon", 7.0), (10**6, 9, 3600.0)]
)
def test_a_pending_answer_says_when_to_ask_again(
    fake: FakeEauth, clock: FixedClock, header: int, told: Any, expected: float
) -> None:
    described = read(fake.file(('level = "data.level"', 'level = "data.level"\nretry_after = "data.wait"')))
    document = {"code": "99", "data": {"transaction": "tx-9", "wait": told}}
    assert Pending("tx-9", expected) == judged(described, clock, document, after=header)


def test_a_picture_is_not_read(fake: FakeEauth, clock: FixedClock) -> None:
    """Whatever the settings point at: a value that is long enough for one is no value."""
    described = read(fake.file(('full_name = "data.name"', 'full_name = "data.photo"')))
    found = judged(described, clock, confirmed(request="r-1", photo="A" * 300))
    assert isinstance(found, Confirmation)
    assert found.full_name is None


def test_a_confirmation_shows_nothing_of_the_person(described: EauthFile, clock: FixedClock) -> None:
    shown = repr(judged(described, clock, confirmed(request="r-1"))) + repr(ASKED)
    assert [part for part in (KNOWN.personal_id, KNOWN.full_name, str(date(1990, 12, 31))) if part in shown] == []
