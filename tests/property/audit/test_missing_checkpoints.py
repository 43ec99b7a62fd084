"""Checkpoints that nobody has any more: who takes them from a file for long is found out, and no outage is called a break."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trails import START, Made, line, signer

from xacthuc.audit.checkpoints import Kind
from xacthuc.audit.verification import Break

pytestmark = pytest.mark.rule("R50")


def spaced(minutes):
    """Makes a trail of a seal each, so many minutes after the one before."""
    trail, now = Made(), START
    for number, each in enumerate(minutes, start=1):
        now += timedelta(minutes=each)
        trail.lines[number] = line(number, time=now)
        trail.seals.append(trail.head.sealed(trail.lines, [number], now))
        trail.outside.append(signer().sign(Kind.REACHED, trail.head, now))
    return trail


@given(st.lists(st.integers(1, 200), min_size=3, max_size=8), st.data())
def test_checkpoints_that_were_taken_away_for_more_than_an_hour_are_missed_and_nothing_else_is(minutes, data):
    """Seals come minutes apart, each with its checkpoint; of those some are taken away, at the end or before."""
    trail, gone = spaced(minutes), data.draw(st.sets(st.integers(0, len(minutes) - 1), min_size=1))
    times = [seal.time for seal in trail.seals]
    trail.outside = [each for at, each in enumerate(trail.outside) if at not in gone]

    report = trail.verify()

    missed, since = [], None
    for at, seal in enumerate(trail.seals):
        since = since or seal
        if at not in gone or at == len(minutes) - 1:
            missed += [since.number] if times[at] - since.time > timedelta(hours=1) else []
            since = None
    assert report.is_intact
    assert [(each.kind, each.seal) for each in report.findings] == [
        (Break.CHECKPOINTS_MISSING, each) for each in missed
    ]
    assert trail.verify(outside=False).findings == [], "whoever gives no checkpoints misses none"
