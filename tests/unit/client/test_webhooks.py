"""Verifying a delivery: what is trusted, and everything that is not."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from xacthuc.client import EventKind
from xacthuc.client.webhooks import TOLERANCE, WebhookRefused, verify

NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + b64encode(bytes(32)).decode()


def body(**changed: Any) -> bytes:
    data = {
        "event": "events/e1",
        "kind": "ACCOUNT_CLOSED",
        "account": "accounts/an",
        "details": {"purge_time": "2028-11-28"},
    }
    document = {"type": "identity.account_closed", "timestamp": "2026-11-28T03:00:00Z", "data": data}
    return json.dumps({**document, **changed}).encode()


def headers(content: bytes, secret: str = SECRET, sent: datetime = NOW) -> dict[str, str]:
    """As a library of others signs it."""
    return {
        "Webhook-Id": "e1",
        "Webhook-Timestamp": str(int(sent.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("e1", sent, content.decode()),
    }


def test_a_delivery_is_read_as_the_event_that_a_watcher_would_see() -> None:
    content = body()

    event = verify(headers(content), content, SECRET, now=NOW)

    assert event is not None
    assert (event.name, event.kind, event.account) == ("events/e1", EventKind.ACCOUNT_CLOSED, "accounts/an")
    assert event.occur_time == datetime(2026, 11, 28, 3, tzinfo=UTC)
    assert dict(event.details) == {"purge_time": "2028-11-28"}
    assert "accounts/an" not in repr(event)


def test_a_kind_of_a_newer_server_is_no_fault() -> None:
    content = body(data={"event": "events/e1", "kind": "NEWER", "account": "accounts/an"})

    event = verify(headers(content), content, SECRET, now=NOW)

    assert event is not None
    assert event.kind == EventKind(0)


def test_a_test_is_about_nobody() -> None:
    content = json.dumps({"type": "identity.webhook_test", "timestamp": "2026-11-28T03:00:00Z", "data": {}}).encode()

    assert verify(headers(content), content, SECRET, now=NOW) is None


def test_any_of_several_secrets_and_of_several_signatures_will_do() -> None:
    content = body()
    both = headers(content) | {
        "Webhook-Signature": " ".join(
            ["v2,xyz", *(headers(content, secret)["Webhook-Signature"] for secret in (OTHER, SECRET))]
        )
    }

    assert verify(headers(content, OTHER), content, [SECRET, OTHER], now=NOW)
    assert verify(both, content, SECRET, now=NOW)


@pytest.mark.parametrize("after", [TOLERANCE, -TOLERANCE])
def test_it_is_good_for_five_minutes_either_way(after: timedelta) -> None:
    content = body()
    assert verify(headers(content), content, SECRET, now=NOW + after)
    with pytest.raises(WebhookRefused, match="too long ago"):
        verify(headers(content), content, SECRET, now=NOW + after * 1.01)


@pytest.mark.parametrize(
    "changed",
    [
        {"Webhook-Id": "e2"},
        {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1," + b64encode(bytes(32)).decode()},
        {"Webhook-Signature": "v1,không"},
        {"Webhook-Timestamp": "soon"},
        {"Webhook-Timestamp": "-1"},
        {"Webhook-Timestamp": "9" * 30},
    ],
    ids=("another id", "a second later", "no signature", "zeros", "no base64", "soon", "before 1970", "far away"),
)
def test_what_was_changed_is_refused(changed: dict[str, str]) -> None:
    content = body()

    with pytest.raises(WebhookRefused):
        verify(headers(content) | changed, content, SECRET, now=NOW)


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_what_lacks_a_header_is_refused_by_its_name(missing: str) -> None:
    content = body()
    rest = {name: value for name, value in headers(content).items() if name != missing}

    with pytest.raises(WebhookRefused, match=missing.lower()):
        verify(rest, content, SECRET, now=NOW)


def test_another_body_and_another_secret_are_refused() -> None:
    content = body()
    for other, secret in ((content + b" ", SECRET), (content, OTHER)):
        with pytest.raises(WebhookRefused, match="no signature"):
            verify(headers(content), other, secret, now=NOW)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"type": "x", "data": 1}', b"null"])
def test_what_is_signed_and_makes_no_sense_is_refused(content: bytes) -> None:
    with pytest.raises(WebhookRefused, match="can read"):
        verify(headers(content), content, SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "secret", b64encode(bytes(32)).decode()])
def test_what_is_no_secret_is_the_program_s_own_fault(secret: str) -> None:
    content = body()

    with pytest.raises(ValueError, match="whsec_"):
        verify(headers(content), content, secret, now=NOW)
