"""Which events of Zalo are believed, and what they say."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fake_zalo import FakeZalo, arrived, signed

from xacthuc.otp.delivery.adapters.zns.receipts import ZnsReceipts
from xacthuc.otp.delivery.adapters.zns.zns_file import read
from xacthuc.otp.delivery.ports import Receipt, Status

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import FixedClock


@pytest.fixture
def reader(tmp_path: Path, clock: FixedClock) -> ZnsReceipts:
    reader = ZnsReceipts.of(read(FakeZalo(port=1).file(tmp_path)), clock)
    assert reader is not None
    return reader


def event(clock: FixedClock, **changes: Any) -> bytes:
    return json.dumps({**arrived("t1", at_ms=clock.now_ms()), **changes}).encode()


def test_a_signed_event_is_believed(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    assert reader.authentic(signed(body), body)


def test_the_prefix_of_the_signature_may_be_missing(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    assert reader.authentic({"X-ZEvent-Signature": signed(body)["X-ZEvent-Signature"].removeprefix("mac=")}, body)


def test_another_body_is_not_believed(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    assert not reader.authentic(signed(body), body.replace(b"t1", b"t2"))


def test_another_secret_is_not_believed(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    assert not reader.authentic(signed(body, secret="guess"), body)


def test_an_event_of_another_application_is_not_believed(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    assert not reader.authentic(signed(body, signer="1"), body)


def test_an_event_without_a_signature_or_a_time_is_not_believed(reader: ZnsReceipts, clock: FixedClock) -> None:
    assert not reader.authentic({}, event(clock))
    body = event(clock, timestamp=None)
    assert not reader.authentic(signed(body), body)


def test_an_event_is_good_for_two_hours(reader: ZnsReceipts, clock: FixedClock) -> None:
    body = event(clock)
    clock.advance(timedelta(hours=2))
    assert reader.authentic(signed(body), body)
    clock.advance(timedelta(milliseconds=1))
    assert not reader.authentic(signed(body), body)


def test_an_account_without_a_webhook_takes_no_receipts(tmp_path: Path, clock: FixedClock) -> None:
    path = FakeZalo(port=1).file(tmp_path)
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "webhook" not in line))
    assert ZnsReceipts.of(read(path), clock) is None


def test_a_message_that_arrived_is_delivered(reader: ZnsReceipts, clock: FixedClock) -> None:
    assert reader.read(event(clock)) == [Receipt("t1", Status.DELIVERED)]


@pytest.mark.parametrize(
    "changes", [{"event_name": "user_send_text"}, {"event_name": None}, {"message": {"msg_id": "m"}}, {"message": []}]
)
def test_other_events_are_no_receipts(reader: ZnsReceipts, clock: FixedClock, changes: dict[str, Any]) -> None:
    assert reader.read(event(clock, **changes)) == []


@pytest.mark.parametrize("tracking_id", ["", 7, "x" * 300, {}])
def test_a_receipt_of_nothing_is_unreadable(reader: ZnsReceipts, clock: FixedClock, tracking_id: Any) -> None:
    assert reader.read(event(clock, message={"tracking_id": tracking_id})) == [None]
