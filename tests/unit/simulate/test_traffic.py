"""Recorded traffic: what is in the file, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from xacthuc.otp.simulate.generate import Days, traffic
from xacthuc.otp.simulate.traffic import Event, Recorder, TrafficFileError, What, read, write


def test_traffic_survives_its_file(tmp_path: Path) -> None:
    events = traffic(1, Days(start_ms=0, messages_per_day=50))
    write(tmp_path / "traffic.jsonl", events)
    found = read(tmp_path / "traffic.jsonl")
    assert sorted(found, key=repr) == sorted(events, key=repr)


def test_the_same_seed_is_the_same_traffic() -> None:
    days = Days(start_ms=0, messages_per_day=200)
    assert traffic(7, days) == traffic(7, days)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "traffic.jsonl").touch()
    with pytest.raises(FileExistsError):
        write(tmp_path / "traffic.jsonl", [])


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "{}",
        '{"at_ms":"soon","what":"queued","challenge":"c"}',
        '{"at_ms":1,"what":"x","challenge":""}',
    ],
)
def test_a_line_that_is_no_event_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text('{"at_ms":1,"what":"queued","challenge":"c"}\n' + line + "\n")
    with pytest.raises(TrafficFileError, match="line 2"):
        read(path)


def test_what_happens_in_one_millisecond_is_read_in_the_order_it_must_have_had(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    write(path, [Event(5, What.ENTERED, "c"), Event(5, What.PAID, "c"), Event(5, What.QUEUED, "c")])
    assert [event.what for event in read(path)] == [What.QUEUED, What.PAID, What.ENTERED]


def test_challenges_are_digests_that_link_what_belongs_together() -> None:
    recorder = Recorder()
    started = recorder.event("STARTED", "SMS", 1, "challenges/abc", operator="viettel", prefix="p")
    verified = recorder.event("VERIFIED", "SMS", 2, "challenges/abc")
    assert started is not None
    assert verified is not None
    assert started.challenge == verified.challenge
    assert "abc" not in started.challenge


def test_two_recordings_cannot_be_joined() -> None:
    one, other = (Recorder().event("VERIFIED", "SMS", 2, "challenges/abc") for _ in range(2))
    assert one != other


@pytest.mark.parametrize(
    ("kind", "channel", "challenge"),
    [("WRONG", "SMS", "c"), ("ADMINISTERED", "SMS", ""), ("SENT", "SMS", ""), ("STARTED", "NETWORK", "c")],
)
def test_what_the_guard_does_not_look_at_is_left_out(kind: str, channel: str, challenge: str) -> None:
    assert Recorder().event(kind, channel, 1, challenge) is None
