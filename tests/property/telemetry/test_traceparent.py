"""The header of W3C Trace Context: what we write we read, and nothing makes us stumble."""

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.telemetry import traceparent

TRACE_IDS = st.integers(1, 2**128 - 1)
SPAN_IDS = st.integers(1, 2**64 - 1)


@given(TRACE_IDS, SPAN_IDS, st.booleans())
def test_what_is_written_is_read_back(trace_id, span_id, sampled):
    assert traceparent.parse(traceparent.render(trace_id, span_id, sampled=sampled)) == (trace_id, span_id, sampled)


@given(st.text())
def test_no_text_makes_reading_fail(text):
    traceparent.parse(text)


@given(st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True))
def test_whatever_is_accepted_names_a_trace_and_a_span(text):
    remote = traceparent.parse(text)

    assert remote is None or (remote.trace_id and remote.span_id)
