"""What is sent to webhooks: nothing but what is allowed, signed so that others can verify it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from xacthuc.identity.domain import webhooks as rules
from xacthuc.identity.domain.events import AccountEvent
from xacthuc.identity.domain.webhooks import Outcome
from xacthuc.telemetry.metrics import WEBHOOK_OUTCOMES

SECRET, OTHER = bytes(range(32)), bytes(32)
EVENT = AccountEvent(
    event_id="e" * 22,
    position=7,
    kind="ACCOUNT_CLOSED",
    platform="forum",
    account_id="an",
    time=datetime(2026, 11, 28, 3, 0, tzinfo=UTC),
    details=(("purge_time", "2028-11-28T03:00:00+00:00"),),
)


def test_a_delivery_says_what_happened_to_whom_and_when():
    assert json.loads(rules.body_of(EVENT)) == {
        "type": "identity.account_closed",
        "timestamp": "2026-11-28T03:00:00Z",
        "data": {
            "event": "events/" + "e" * 22,
            "kind": "ACCOUNT_CLOSED",
            "account": "accounts/an",
            "details": {"purge_time": "2028-11-28T03:00:00+00:00"},
        },
    }


def test_a_library_of_others_verifies_it_with_the_secret_as_it_was_shown():
    body = rules.body_of(EVENT)
    headers = rules.headers_of(EVENT.event_id, body, [SECRET], datetime.now(UTC))

    assert Webhook(rules.spelled_secret(SECRET)).verify(body, headers) == json.loads(body)


def test_while_a_secret_is_replaced_both_verify_it_and_no_other_does():
    body = rules.body_of(EVENT)
    headers = rules.headers_of(EVENT.event_id, body, [SECRET, OTHER], datetime.now(UTC))

    for secret in (SECRET, OTHER):
        Webhook(rules.spelled_secret(secret)).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.spelled_secret(b"x" * 32)).verify(body, headers)


def test_the_time_that_is_signed_is_that_of_the_sending():
    body = rules.body_of(EVENT)
    now = datetime.now(UTC)
    early, late = (rules.headers_of("e", body, [SECRET], now + timedelta(seconds=after)) for after in (0, 30))

    assert early["webhook-id"] == late["webhook-id"]
    assert int(late["webhook-timestamp"]) - int(early["webhook-timestamp"]) == 30
    assert early["webhook-signature"] != late["webhook-signature"]


def test_a_webhook_without_a_filter_is_told_of_everything_but_imports():
    assert rules.wants((), "ACCOUNT_CLOSED")
    assert not rules.wants((), "ACCOUNT_IMPORTED")
    assert rules.wants({"ACCOUNT_IMPORTED"}, "ACCOUNT_IMPORTED")
    assert not rules.wants({"ACCOUNT_IMPORTED"}, "ACCOUNT_CLOSED")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "ACCEPTED"), (299, "ACCEPTED"), (301, "REDIRECTED"), (404, "REFUSED"), (410, "REFUSED"), (500, "FAILED"),
     (600, "FAILED"), (101, "FAILED")],
)  # fmt: skip
def test_a_status_is_all_that_counts(status, outcome):
    assert rules.judged(status) == outcome


@pytest.mark.parametrize(
    "address",
    ["https://forum.vn/hooks", "https://forum.vn:443/hooks?a=b", "https://[2606:4700::1]/", "https://xn--vit-dna.vn/x"],
)
def test_an_https_address_on_the_usual_port_is_taken(address):
    assert rules.address_fault(address, {443}, development=False) is None


@pytest.mark.parametrize(
    "address",
    ["http://forum.vn/hooks", "ftp://forum.vn/", "https://", "https://u:p@forum.vn/", "https://u@forum.vn/",
     "https://forum.vn/#x", "https://forum.vn:8443/", "https://forum.vn:99999/", "https://[::1", "//forum.vn/x"],
)  # fmt: skip
def test_any_other_address_is_refused(address):
    assert rules.address_fault(address, {443}, development=False)


def test_ports_are_the_operator_s_and_plaintext_is_for_development():
    assert rules.address_fault("https://forum.vn:8443/", {443, 8443}, development=False) is None
    assert rules.address_fault("http://127.0.0.1:9000/", {443}, development=True) is None


def test_metrics_know_every_outcome():
    assert {outcome.value for outcome in Outcome} == WEBHOOK_OUTCOMES


def test_the_waits_are_those_of_the_standard():
    hours = [wait.total_seconds() / 3600 for wait in rules.WAITS]

    assert hours == [30 / 3600, 5 / 60, 1, 5, 18]
