"""Events of ours and of libraries: JSON lines, in order, with nothing lost at an error."""

import asyncio
import json
import logging
import os
import threading
import time
from datetime import timedelta

import pytest

from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.logs import configure, get_logger
from xacthuc.telemetry.tracing import Tracer, activate, deactivate


class Pipe:
    """A pipe whose written lines can be read without waiting."""

    def __init__(self):
        self.reader, self.descriptor = os.pipe()
        os.set_blocking(self.reader, False)

    def read(self):
        try:
            return os.read(self.reader, 1 << 20)
        except BlockingIOError:
            return b""

    def events(self):
        return [json.loads(line) for line in self.read().splitlines()]

    def close(self):
        os.close(self.reader)
        os.close(self.descriptor)


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    pipe.close()


@pytest.fixture
def writer(pipe):
    deactivate()
    writer = LineWriter(pipe.descriptor)
    configure("otp", "info", writer)
    return writer


def test_an_event_is_one_line_of_json_with_its_name_and_fields(writer, pipe):
    get_logger().info("keys_refreshed", count=3)

    (event,) = pipe.events()
    assert event.pop("time")
    assert event == {"event": "keys_refreshed", "level": "info", "service": "otp", "count": 3}


def test_an_event_below_the_level_is_not_written(writer, pipe):
    get_logger().debug("detail")

    assert pipe.events() == []


def test_an_event_within_a_trace_names_it(writer, pipe):
    trace = Tracer(None, 0.0).root()
    activate(trace)

    get_logger().warning("slow")

    assert [event["trace_id"] for event in pipe.events()] == [trace.trace_id_hex]


def test_a_librarys_warning_comes_through_the_same_pipeline_masked(writer, pipe):
    logging.getLogger("some.library").warning("cannot reach %s", "+84912345678")

    (event,) = pipe.events()
    assert (event["event"], event["logger"], event["message"]) == (
        "library_log",
        "some.library",
        "cannot reach [redacted]",
    )


def test_a_line_from_another_thread_is_written(writer, pipe):
    thread = threading.Thread(target=logging.getLogger("x").warning, args=("from afar",))
    thread.start()
    thread.join()

    assert [event["message"] for event in pipe.events()] == ["from afar"]


def test_an_unknown_level_is_refused(pipe):
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        configure("otp", "loud", LineWriter(pipe.descriptor))


async def test_lines_of_a_loop_are_gathered_and_written_together_in_order(writer, pipe, eventually):
    writer.write(b"1\n")
    writer.write(b"2\n")
    assert pipe.read() == b""

    written = b""

    def arrived():
        nonlocal written
        written += pipe.read()
        return written == b"1\n2\n"

    await eventually(arrived, within=timedelta(seconds=2))


async def test_an_error_is_written_at_once_with_what_came_before_it(writer, pipe):
    get_logger().info("before")
    get_logger().error("broken")

    assert [event["event"] for event in pipe.events()] == ["before", "broken"]


async def test_much_is_written_without_waiting_for_the_timer(writer, pipe):
    for _ in range(66):
        writer.write(b"x" * 1000 + b"\n")

    assert len(pipe.read()) >= 60_000


async def test_a_reader_that_stalls_does_not_stall_the_writer_and_misses_only_the_newest(writer, pipe):
    for number in range(3000):
        writer.write(b"%04d" % number + b"x" * 1000 + b"\n")
    writer.flush()
    received = b""
    while part := pipe.read():
        received += part
        writer.flush()

    numbers = [int(line[:4]) for line in received.splitlines()]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) + writer.dropped == 3000
    assert writer.dropped > 0


def test_a_reader_that_went_away_does_not_fail_the_writer():
    reader, descriptor = os.pipe()
    os.close(reader)

    LineWriter(descriptor).write(b"x\n")

    os.close(descriptor)


def test_a_full_disk_fails_no_call():
    descriptor = os.open("/dev/full", os.O_WRONLY)

    LineWriter(descriptor).write(b"x\n")

    os.close(descriptor)


def test_lines_left_over_from_a_loop_that_ended_are_flushed(pipe):
    writer = LineWriter(pipe.descriptor)

    async def write():
        writer.write(b"last\n")

    asyncio.run(write())
    writer.flush()

    assert pipe.read() == b"last\n"


async def test_a_reader_that_never_comes_back_does_not_hold_up_the_end(pipe):
    writer = LineWriter(pipe.descriptor)
    for _ in range(200):
        writer.write(b"x" * 1000 + b"\n")

    started = time.monotonic()
    writer.close()

    assert time.monotonic() - started < 20


@pytest.mark.parametrize("level", ["info", "warning", "error"])
async def test_a_closed_writer_never_writes_to_a_descriptor_that_may_be_anothers_by_now(pipe, writer, level):
    writer.close()

    getattr(get_logger(), level)("late")
    writer.write_later(lambda: b"late")
    writer.flush()

    assert (pipe.read(), writer.dropped) == (b"", 2)


async def test_what_a_slow_reader_left_is_written_once_it_reads_again(pipe, eventually):
    writer = LineWriter(pipe.descriptor)
    for _ in range(200):
        writer.write(b"x" * 1000 + b"\n")
    received = 0

    def all_arrived():
        nonlocal received
        received += len(pipe.read())
        return received == 200 * 1001

    await eventually(all_arrived, within=timedelta(seconds=5))
