"""What an edge still believes of a grant after something was taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.client import (
    Broadcast,
    BroadcastCommerce,
    BroadcastEnd,
    BroadcastState,
    Revocation,
    RevocationCause,
    Ruling,
)
from xacthuc.client.grants import RevokedGrants, VerifiedGrant
from xacthuc.clock import FixedClock

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GRANT = VerifiedGrant(
    broadcast_id="show",
    account="an",
    commercial=True,
    policy_version="1",
    issue_time=NOW,
    expire_time=NOW + timedelta(minutes=15),
)
CUT = Revocation(
    name="revocations/1",
    broadcast="broadcasts/show",
    account="accounts/an",
    ruling=Ruling.CUT,
    cause=RevocationCause.ACCOUNT,
    reason=None,
    legal_basis="",
    occur_time=NOW + SECOND / 2,
)
HIDDEN = replace(CUT, ruling=Ruling.HIDE_GOODS)
LATER = replace(GRANT, issue_time=NOW + SECOND)
ENDED = Broadcast(
    name="broadcasts/show",
    account="accounts/an",
    state=BroadcastState.ENDED,
    commerce=BroadcastCommerce.CLEARED,
    create_time=NOW,
    authorize_time=NOW,
    close_time=None,
    revoke_time=None,
    end_time=NOW - SECOND,
    end_reason=BroadcastEnd.FINISHED,
    declaration_count=0,
)


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
def revoked(clock):
    return RevokedGrants(clock)


def test_a_grant_stands_while_nothing_of_its_broadcast_was_taken_back(revoked):
    revoked.add(replace(CUT, broadcast="broadcasts/other"))

    assert revoked.left_of(GRANT) == GRANT


def test_nothing_is_left_of_a_grant_that_was_made_before_the_cut(revoked):
    revoked.add(CUT)

    assert revoked.left_of(GRANT) is None
    assert revoked.left_of(LATER) == LATER


def test_a_grant_that_was_made_before_goods_were_hidden_sells_nothing(revoked):
    revoked.add(HIDDEN)

    assert revoked.left_of(GRANT) == replace(GRANT, commercial=False)
    assert revoked.left_of(LATER) == LATER


def test_an_older_revocation_that_comes_again_takes_nothing_back_from_a_newer(revoked):
    revoked.add(replace(HIDDEN, occur_time=NOW + 2 * SECOND))
    revoked.add(HIDDEN)

    assert revoked.left_of(LATER) == replace(LATER, commercial=False)


def test_what_the_platform_ended_itself_does_not_begin_again(revoked):
    revoked.end(ENDED)

    assert revoked.left_of(GRANT) is None


def test_what_no_grant_outlasts_is_forgotten(revoked, clock):
    revoked.add(CUT)
    clock.advance(timedelta(minutes=17))
    revoked.add(replace(CUT, broadcast="broadcasts/other", occur_time=clock.now()))

    assert revoked.left_of(GRANT) == GRANT
