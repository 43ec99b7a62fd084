"""A report counts when the provider signed it just now, and only for what it says."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import pytest
from fake_eauth import PENDING, FakeEauth, confirmed, report, signed

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.eauth.callback import CallbackReader
from xacthuc.identity.adapters.eauth.eauth_file import read
from xacthuc.identity.ports.eid import Confirmation, Refused

CONFIRMED = report(confirmed(transaction="tx-9"))


@pytest.fixture
def fake(tmp_path: Path) -> FakeEauth:
    return FakeEauth(port=1, directory=tmp_path)


@pytest.fixture
def reader(fake: FakeEauth, clock: FixedClock) -> CallbackReader:
    return CallbackReader(read(fake.file()), clock)


def test_a_signed_report_tells_what_became_of_a_transaction(reader: CallbackReader, clock: FixedClock) -> None:
    found = reader.read(signed(CONFIRMED, clock.now()), CONFIRMED)
    assert found is not None
    assert found[0] == "tx-9"
    assert isinstance(found[1], Confirmation)
    assert found[1].transaction_id == "tx-9"


def test_a_refusal_is_reported_too(reader: CallbackReader, clock: FixedClock) -> None:
    body = report({"code": "02", "data": {"transaction": "tx-9"}})
    assert reader.read(signed(body, clock.now()), body) == ("tx-9", Refused.DENIED)


@pytest.mark.parametrize(
    "body",
    [
        report(PENDING),
        report({"code": "00", "data": {"match": True}}),
        report({"code": "77", "data": {"transaction": "tx-9"}}),
        report({"code": "50", "data": {"transaction": "tx-9"}}),
        report([]),
        b"",
        b"\xff",
        report({**confirmed(), "picture": "A" * 100_000}),
    ],
)
def test_a_signed_report_that_is_not_final_or_not_readable_is_none(
    reader: CallbackReader, clock: FixedClock, body: bytes
) -> None:
    assert reader.read(signed(body, clock.now()), body) is None


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_report_is_good_for_five_minutes_either_way(reader: CallbackReader, clock: FixedClock, minutes: int) -> None:
    assert reader.read(signed(CONFIRMED, clock.now() + timedelta(minutes=minutes)), CONFIRMED) is not None


def test_a_replayed_report_is_none_after_that(reader: CallbackReader, clock: FixedClock) -> None:
    headers = signed(CONFIRMED, clock.now())
    assert reader.read(headers, CONFIRMED) is not None
    clock.advance(timedelta(minutes=5, seconds=1))
    assert reader.read(headers, CONFIRMED) is None


def test_a_report_from_the_future_is_none(reader: CallbackReader, clock: FixedClock) -> None:
    assert reader.read(signed(CONFIRMED, clock.now() + timedelta(minutes=6)), CONFIRMED) is None


def test_a_replayed_signature_does_not_carry_another_time_or_body(reader: CallbackReader, clock: FixedClock) -> None:
    headers = signed(CONFIRMED, clock.now())
    later = str(int(clock.now().timestamp()) + 1)
    assert reader.read({**headers, "X-Timestamp": later}, CONFIRMED) is None
    assert reader.read(headers, report(confirmed(transaction="tx-8"))) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Signature": "", "X-Timestamp": ""},
        {"X-Signature": "é\ud800", "X-Timestamp": "\ud800"},
        {"X-Signature": "0" * 64, "X-Timestamp": "1" * 400},
    ],
)
def test_an_unsigned_report_is_none(reader: CallbackReader, headers: dict[str, str]) -> None:
    assert reader.read(headers, CONFIRMED) is None


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "١٧٩٥٤٠٢٨٠٠", "1" * 400])
def test_a_signed_time_that_is_none_is_refused(reader: CallbackReader, timestamp: str) -> None:
    signature = hmac.new(b"s3cret", timestamp.encode() + b"." + CONFIRMED, hashlib.sha256).hexdigest()
    assert reader.read({"X-Signature": signature, "X-Timestamp": timestamp}, CONFIRMED) is None


def test_another_secret_signs_nothing(reader: CallbackReader, clock: FixedClock) -> None:
    assert reader.read(signed(CONFIRMED, clock.now(), secret=b"other"), CONFIRMED) is None


def test_headers_are_found_however_they_are_written(reader: CallbackReader, clock: FixedClock) -> None:
    headers = {name.lower(): value.upper() for name, value in signed(CONFIRMED, clock.now()).items()}
    assert reader.read(headers, CONFIRMED) is not None


def test_a_provider_may_call_its_headers_otherwise(fake: FakeEauth, clock: FixedClock) -> None:
    names = 'secret = "partner"\nheader = "Digest"\ntimestamp_header = "When"'
    reader = CallbackReader(read(fake.file(('[callback]\nsecret = "partner"', f"[callback]\n{names}"))), clock)
    headers = signed(CONFIRMED, clock.now())
    assert reader.read(headers, CONFIRMED) is None
    renamed = {"Digest": headers["X-Signature"], "When": headers["X-Timestamp"]}
    assert reader.read(renamed, CONFIRMED) is not None


def test_an_answer_may_stand_deeper_in_a_report(fake: FakeEauth, clock: FixedClock) -> None:
    path = fake.file(('[callback]\nsecret = "partner"', '[callback]\nsecret = "partner"\nroot = "event.answer"'))
    body = report({"event": {"answer": confirmed(transaction="tx-9")}})
    assert CallbackReader(read(path), clock).read(signed(body, clock.now()), body) is not None


def test_a_provider_without_a_secret_reports_nothing(fake: FakeEauth, clock: FixedClock) -> None:
    reader = CallbackReader(read(fake.file(('[callback]\nsecret = "partner"', ""))), clock)
    assert reader.read(signed(CONFIRMED, clock.now(), secret=b""), CONFIRMED) is None
