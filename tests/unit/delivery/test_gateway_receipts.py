"""Which receipts are believed."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_vendor import FakeVendor, signed

from xacthuc.otp.delivery.adapters.gateway_file import read
from xacthuc.otp.delivery.adapters.gateway_receipts import ReceiptReader
from xacthuc.otp.delivery.ports import Receipt, Status

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import FixedClock

BODY = json.dumps({"id": "m1", "state": "ok"}).encode()


@pytest.fixture
def reader(tmp_path: Path, clock: FixedClock) -> ReceiptReader:
    return ReceiptReader.of(read(FakeVendor(port=1).file(tmp_path)), clock)


def signature(clock: FixedClock, **changes: object) -> dict[str, str]:
    return signed(BODY, at_seconds=clock.now_ms() // 1000, **changes)  # type: ignore[arg-type]


def test_a_fresh_signature_is_believed(reader: ReceiptReader, clock: FixedClock) -> None:
    assert reader.authentic(signature(clock), BODY)


def test_another_body_is_not(reader: ReceiptReader, clock: FixedClock) -> None:
    assert not reader.authentic(signature(clock), BODY + b" ")


def test_another_secret_is_not(reader: ReceiptReader, clock: FixedClock) -> None:
    assert not reader.authentic(signature(clock, secret=b"guess"), BODY)


def test_no_signature_is_not(reader: ReceiptReader) -> None:
    assert not reader.authentic({}, BODY)


def test_a_signature_ends_after_five_minutes(reader: ReceiptReader, clock: FixedClock) -> None:
    headers = signature(clock)
    clock.advance(timedelta(minutes=5))
    assert reader.authentic(headers, BODY)
    clock.advance(timedelta(seconds=1))
    assert not reader.authentic(headers, BODY)


def test_a_token_is_believed_when_it_is_the_secret(tmp_path: Path, clock: FixedClock) -> None:
    path = FakeVendor(port=1).file(tmp_path)
    path.write_text(path.read_text().replace("hmac_sha256", "token"))
    reader = ReceiptReader.of(read(path), clock)
    assert reader.authentic({"X-Signature": "s3cret"}, BODY)
    assert not reader.authentic({"X-Signature": "s3cre"}, BODY)


@pytest.mark.parametrize(
    ("state", "receipts"),
    [
        ("ok", [Receipt("m1", Status.DELIVERED)]),
        ("bad", [Receipt("m1", Status.FAILED, "undelivered")]),
        ("gone", [Receipt("m1", Status.FAILED, "number_inactive")]),
        ("handed over", []),
    ],
)
def test_statuses_mean_what_the_file_says(reader: ReceiptReader, state: str, receipts: list[Receipt]) -> None:
    assert reader.read(json.dumps({"id": "m1", "state": state}).encode()) == receipts


def test_a_receipt_is_read_in_bad_company(reader: ReceiptReader) -> None:
    body = json.dumps([{"id": "m1", "state": "ok"}, {"state": "ok"}, 7, {"id": "x" * 300, "state": "ok"}]).encode()
    assert reader.read(body) == [Receipt("m1", Status.DELIVERED), None, None, None]


@pytest.mark.parametrize("timestamp", ["9" * 5000, "-1", "\u00b2", ""])
def test_an_absurd_time_is_not_believed(reader: ReceiptReader, timestamp: str) -> None:
    signature = hmac.new(b"s3cret", timestamp.encode() + b"." + BODY, "sha256").hexdigest()
    assert not reader.authentic({"X-Signature": signature, "X-Timestamp": timestamp}, BODY)
