"""What a lock is at an instant, as whoever looks at the three times would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.locks import LockRecord, LockState

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOURS = st.integers(0, 5)


def after(hours):
    return None if hours is None else START + timedelta(hours=hours)


@pytest.mark.rule("R46")
@given(now=HOURS, end=st.none() | HOURS, lifted=st.none() | HOURS)
def test_a_lock_binds_until_the_first_of_its_end_and_its_lifting(now, end, lifted):
    lock = LockRecord(
        id="1",
        account_id="an",
        bound=("an",),
        basis="order 7",
        create_time=START,
        expire_time=after(end),
        lift_time=after(lifted),
        lift_basis="",
        approval="",
    )
    over = min((hours for hours in (end, lifted) if hours is not None), default=None)

    state = lock.state_at(after(max(now, lifted or 0)))

    if over is None or max(now, lifted or 0) < over:
        assert state is LockState.IN_FORCE
    else:
        assert state is (LockState.LIFTED if over == lifted and over != end else LockState.EXPIRED)
