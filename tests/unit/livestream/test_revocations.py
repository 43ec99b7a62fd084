"""What edges are told of a row of the outbox, also when a newer process wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xacthuc.api.livestream.v1 import resources_pb2 as pb2
from xacthuc.livestream.adapters.events import EventKind
from xacthuc.livestream.domain import revocations
from xacthuc.livestream.domain.revocations import RevocationCause, told
from xacthuc.livestream.ports.broadcasts import Cause
from xacthuc.livestream.wire.revocation_messages import revocation
from xacthuc.policy import Ruling
from xacthuc.sql.outbox import Event

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def only(kind, **detail):
    event = Event(
        platform="forum",
        subject="shop",
        kind=kind,
        time=NOW,
        detail={"account": "an", "reason": "LOCKED", "legal_basis": "Art. 1", **detail},
    )
    (one,) = told(7, event, lambda position, number: f"{position}.{number}")
    return one


@pytest.mark.parametrize(
    ("kind", "cause", "ruling", "expected"),
    [
        (EventKind.BROADCAST_REVOKED, Cause.ACCOUNT, Ruling.CUT, RevocationCause.ACCOUNT),
        (EventKind.BROADCAST_REVOKED, Cause.RENEW, Ruling.CUT, RevocationCause.ACCOUNT),
        (EventKind.BROADCAST_REVOKED, Cause.DECLARE, Ruling.CUT, RevocationCause.DECLARATION),
        (EventKind.GOODS_HIDDEN, Cause.ACCOUNT, Ruling.HIDE_GOODS, RevocationCause.ACCOUNT),
        (EventKind.GOODS_HIDDEN, Cause.DECLARE, Ruling.HIDE_GOODS, RevocationCause.DECLARATION),
        (EventKind.BROADCAST_UNRENEWED, None, Ruling.CUT, RevocationCause.UNRENEWED),
    ],
)
def test_it_says_what_to_do_and_what_led_to_it(kind, cause, ruling, expected):
    one = only(kind, cause=cause)

    assert (one.revocation_id, one.position, one.platform, one.broadcast_id) == ("7.0", 7, "forum", "shop")
    assert (one.ruling, one.cause, one.reason, one.legal_basis) == (ruling, expected, "LOCKED", "Art. 1")


def test_every_kind_of_the_outbox_is_known():
    assert {revocations.HIDDEN, revocations.REVOKED, revocations.UNRENEWED} == set(EventKind)


def test_what_a_newer_process_wrote_is_to_be_cut():
    message = revocation(only("SOMETHING_ELSE", reason="A_NEW_REASON"))

    assert (message.ruling, message.cause, message.reason) == (pb2.CUT, 0, 0)


@pytest.mark.parametrize("cause", RevocationCause)
def test_the_contract_has_every_cause(cause):
    assert pb2.Revocation.Cause.Value(cause)
