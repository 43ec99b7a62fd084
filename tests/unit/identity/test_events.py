"""What leaves the service of what happened, and under which name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xacthuc.api.identity.v1 import events_pb2
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.domain.events import BATCH, IMPORTED, told
from xacthuc.sql.outbox import Event, Positioned

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def row(kind, detail, subject="an"):
    return Positioned(7, Event(platform="forum", subject=subject, kind=kind, time=NOW, detail=detail))


def events_of(row):
    return list(told(row.position, row.event, lambda position, number: f"{position}.{number}"))


def test_every_kind_of_the_outbox_has_its_name_in_the_contract_and_no_other_has_one():
    words = {IMPORTED if kind == BATCH else kind.value for kind in EventKind}

    assert words == {name for name in events_pb2.AccountEvent.Kind.keys() if name != "KIND_UNSPECIFIED"}


def test_a_change_is_one_event():
    (event,) = events_of(row("ACCOUNT_CLOSED", {"purge_time": "2028-11-28T00:00:00+00:00"}))

    assert (event.event_id, event.kind, event.platform, event.account_id) == ("7.0", "ACCOUNT_CLOSED", "forum", "an")
    assert event.details == (("purge_time", "2028-11-28T00:00:00+00:00"),)


def test_a_batch_of_an_import_is_an_event_for_each_account():
    events = events_of(row("ACCOUNTS_IMPORTED", {"accounts": "an binh chi"}, subject="batch"))

    assert [(one.event_id, one.kind, one.account_id) for one in events] == [
        ("7.0", "ACCOUNT_IMPORTED", "an"),
        ("7.1", "ACCOUNT_IMPORTED", "binh"),
        ("7.2", "ACCOUNT_IMPORTED", "chi"),
    ]


def test_what_somebody_wrote_stays_inside():
    (event,) = events_of(row("ACCOUNT_LOCKED", {"basis": "complaint of Mr X", "expire_time": None}))

    assert event.details == ()


def test_watchers_hear_whose_number_passed_on_and_whether_a_birth_date_was_corrected():
    (passed,) = events_of(row("REVERIFICATION_REQUIRED", {"number_passed_on": True, "findings": "RECYCLED"}))
    (named,) = events_of(row("ACCOUNT_CORRECTED", {"name": True, "birth_date": False, "lapsed": "PHONE"}))

    assert [passed.details, named.details] == [(("number_passed_on", "true"),), (("birth_date", "false"),)]


@pytest.mark.parametrize(("value", "spelled"), [(True, "true"), (False, "false"), (3, "3"), ("x", "x")])
def test_particulars_are_text(value, spelled):
    (event,) = events_of(row("SUPERVISION_CHANGED", {"suspended": value}))

    assert event.details == (("suspended", spelled),)
